"""The file courierimapacl, also as others leave it behind."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.maildir import acl, folders

COURIERS_OWN = (
    b"owner aceilrstwx\nadministrators aceilrstwx\nuser=bob@example.com lrs\n-user=carol w\n"
    b"anyone lr\nuser=x cdlr\nuser=j\xc3\xbcrgen klp\n"
)
"""Written by maildiracl of Courier 1.0.16."""


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    folders.make(tmp_path / "M", folder=False)
    folders.make(tmp_path / "M/.A", folder=True)
    folders.make(tmp_path / "M/.A.B", folder=True)
    return tmp_path / "M"


def test_what_courier_wrote_is_read_and_written_back_as_it_was(maildir: Path) -> None:
    (maildir / ".A" / acl.FILE).write_bytes(COURIERS_OWN)
    entries = acl.read(maildir, ".A")
    assert entries is not None
    assert entries["-user=carol"] == "w"
    assert entries["user=jürgen"] == "klp"
    acl.write(maildir, ".A", entries)
    assert (maildir / ".A" / acl.FILE).read_bytes() == COURIERS_OWN


def test_a_folder_without_a_file_has_its_parents(maildir: Path) -> None:
    assert acl.inherited(maildir, ".A.B") is None
    acl.write(maildir, "", {"anyone": "l"})
    assert acl.inherited(maildir, ".A.B") == {"anyone": "l"}
    acl.write(maildir, ".A", {"anyone": "lr"})
    assert acl.inherited(maildir, ".A.B") == {"anyone": "lr"}
    acl.write(maildir, ".A.B", {"anyone": "lrs"})
    assert acl.inherited(maildir, ".A.B") == {"anyone": "lrs"}


def test_a_name_that_is_only_a_level_may_have_entries_too(maildir: Path) -> None:
    (maildir / acl.HIERARCHY).mkdir()
    (maildir / acl.HIERARCHY / "X.Y").write_text("anyone lr\n")
    assert acl.inherited(maildir, ".X.Y.Z") == {"anyone": "lr"}


def test_nobody_gets_rights_by_what_is_no_file(maildir: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "planted"
    elsewhere.write_text("anyone aceilrstwx\n")
    path = maildir / ".A" / acl.FILE
    path.symlink_to(elsewhere)
    assert acl.inherited(maildir, ".A.B") == {}
    path.unlink()
    os.mkfifo(path)
    assert acl.inherited(maildir, ".A") == {}
    path.unlink()
    path.write_bytes(b"anyone lr\n" * 100_000)
    assert acl.read(maildir, ".A") == {}


def test_entries_are_bounded(maildir: Path) -> None:
    path = maildir / ".A" / acl.FILE
    path.write_text("".join(f"user=u{n} l\n" for n in range(2000)))
    entries = acl.read(maildir, ".A")
    assert entries is not None
    assert len(entries) == acl.MOST_ENTRIES


@given(st.binary(max_size=300))
def test_property_any_bytes_are_read_as_some_entries(data: bytes) -> None:
    entries = acl._parse(data)
    assert all(acl.is_identifier(name) for name in entries)
    again = "".join(f"{name} {letters}\n" for name, letters in entries.items())
    assert set(acl._parse(again.encode())) == set(entries)
