"""The quota file that foreign programs share with us."""

import os
import time
from pathlib import Path

import pytest

from mailcore.maildir import folders, quota
from mailcore.maildir.quota import Quota, Usage


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    folders.make(tmp_path, folder=False)
    (tmp_path / "cur/1.a.host,S=1000:2,S").write_bytes(b"x" * 1000)
    (tmp_path / "new/2.b.host").write_bytes(b"y" * 500)
    (tmp_path / "cur/3.c.host,S=700:2,T").write_bytes(b"z" * 700)
    folders.make(tmp_path / ".Trash", folder=True)
    (tmp_path / ".Trash/cur/4.d.host,S=9000:2,S").write_bytes(b"t" * 9000)
    return tmp_path


LIMIT = Quota(10_000, 100)


def test_trash_and_trashed_messages_do_not_count(maildir: Path) -> None:
    assert quota.usage(maildir, LIMIT) == Usage(1500, 2)
    assert (maildir / "maildirsize").read_text().splitlines()[0] == "10000S,100C"


def test_lines_are_added_up(maildir: Path) -> None:
    quota.usage(maildir, LIMIT)
    quota.add(maildir, 200, 1)
    quota.add(maildir, -500, -1)
    assert quota.usage(maildir, LIMIT) == Usage(1200, 2)
    assert {len(line) for line in (maildir / "maildirsize").read_text().splitlines()[1:]} == {13}


def test_another_quota_means_counting_anew(maildir: Path) -> None:
    quota.usage(maildir, LIMIT)
    quota.add(maildir, 5000, 5)
    assert quota.usage(maildir, Quota(20_000)) == Usage(1500, 2)


def test_full_is_only_believed_of_a_fresh_single_line(maildir: Path) -> None:
    file = maildir / "maildirsize"
    file.write_text("10000S,100C\n20000 2      \n")
    assert quota.usage(maildir, LIMIT) == Usage(20_000, 2)
    old = time.time() - 16 * 60
    os.utime(file, (old, old))
    assert quota.usage(maildir, LIMIT) == Usage(1500, 2)
    file.write_text("10000S,100C\n19000 2      \n1000 1       \n")
    assert quota.usage(maildir, LIMIT) == Usage(1500, 2)


def test_a_long_or_broken_file_is_counted_anew(maildir: Path) -> None:
    (maildir / "maildirsize").write_text("10000S,100C\n" + "1 0          \n" * 400)
    assert quota.usage(maildir, LIMIT) == Usage(1500, 2)
    (maildir / "maildirsize").write_text("10000S,100C\nnonsense\n")
    assert quota.usage(maildir, LIMIT) == Usage(1500, 2)


def test_either_limit_alone_can_be_exceeded() -> None:
    assert Quota(100, 0).allows(Usage(90, 9), 10, 1)
    assert not Quota(100, 0).allows(Usage(90, 9), 11, 1)
    assert not Quota(0, 9).allows(Usage(90, 9), 1, 1)
