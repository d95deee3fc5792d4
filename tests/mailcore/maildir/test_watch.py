"""Hearing of foreign changes."""

import select
from pathlib import Path

from mailcore.maildir.watch import Watch


def test_a_rename_into_a_directory_is_heard(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    watch = Watch()
    number = watch.add(str(tmp_path / "new"))
    (tmp_path / "message").touch()
    (tmp_path / "message").rename(tmp_path / "new/message")
    assert select.select([watch.fileno()], [], [], 2)[0]
    assert watch.read() == {number}
    assert watch.read() == set()
    watch.close()


def test_what_is_no_directory_cannot_be_watched(tmp_path: Path) -> None:
    watch = Watch()
    assert watch.add(str(tmp_path / "missing")) is None
    watch.close()
