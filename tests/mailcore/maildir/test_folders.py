"""Folder names are the only way to a path, and none leads out."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import StoreError
from mailcore.maildir import folders


@given(st.text(max_size=300))
def test_no_name_leads_out_of_the_maildir(name: str) -> None:
    try:
        entry = folders.directory("INBOX." + name)
    except StoreError:
        return
    assert entry.startswith(".")
    assert "/" not in entry
    assert "\0" not in entry
    assert ".." not in entry
    assert Path("/maildir", entry).parent == Path("/maildir")


@given(st.text(max_size=100))
def test_a_name_found_on_disk_is_the_name_it_was_made_under(name: str) -> None:
    try:
        spelled = folders.canonical("INBOX." + name)
    except StoreError:
        return
    if "&" not in spelled:
        assert folders.name_of(folders.directory(spelled)) == spelled


@pytest.mark.parametrize(
    "name",
    ["", "Sent", "INBOX.", "INBOX..a", "INBOX.a/b", "INBOX.../x", "INBOX.a\nb", "INBOX.a\u202eb",
     "INBOX. a", "INBOX.%", "INBOX.\ud800", "INBOX." + "x" * 241, "INBOX" + ".a" * 33],
)  # fmt: skip
def test_impossible_names_are_refused(name: str) -> None:
    with pytest.raises(StoreError):
        folders.canonical(name)


def test_inbox_has_one_spelling() -> None:
    assert folders.canonical("iNbOx") == "INBOX"
    assert folders.canonical("inbox.Sent") == "INBOX.Sent"


def test_decomposed_letters_make_no_second_folder() -> None:
    assert folders.canonical("INBOX.Gru\u0308n") == folders.canonical("INBOX.Gr\u00fcn")


def test_folders_are_found_in_both_encodings(tmp_path: Path) -> None:
    folders.make(tmp_path, folder=False)
    for entry in (".Entwürfe", ".Gr&APw-n", ".A.B"):
        folders.make(tmp_path / entry, folder=True)
    assert folders.listing(tmp_path) == {
        "INBOX": "", "INBOX.A.B": ".A.B", "INBOX.Entwürfe": ".Entwürfe", "INBOX.Grün": ".Gr&APw-n",
    }  # fmt: skip


def test_a_planted_link_is_no_folder(tmp_path: Path) -> None:
    folders.make(tmp_path / "alice", folder=False)
    folders.make(tmp_path / "bob", folder=False)
    (tmp_path / "alice/.Bob").symlink_to(tmp_path / "bob")
    folders.make(tmp_path / "alice/.Half", folder=True)
    (tmp_path / "alice/.Half/cur").rmdir()
    (tmp_path / "alice/.Half/cur").symlink_to(tmp_path / "bob/cur")
    assert list(folders.listing(tmp_path / "alice")) == ["INBOX"]


def test_a_rename_never_overwrites_a_folder(tmp_path: Path) -> None:
    folders.make(tmp_path, folder=False)
    folders.make(tmp_path / ".A", folder=True)
    folders.make(tmp_path / ".B", folder=True)
    with pytest.raises(StoreError):
        folders.rename(tmp_path, ".A", ".B")
