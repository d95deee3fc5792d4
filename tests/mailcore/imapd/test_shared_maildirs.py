"""Folders shared by the file system's permissions, as Courier's maildirmake makes them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcore.conf import current
from mailcore.conf import store as settings_store
from mailcore.mailbox.store import MailStore
from mailcore.maildir import folders, shared_maildirs
from tests.support import mailboxes
from tests.support.imap_client import ImapClient

Listeners = dict[str, tuple[str, int]]

MODES = {".Announce": 0o755, ".Board": 0o1777, ".Open": 0o777, ".Plain": 0o700}
"""What maildirmake -s read, -s write and plain -f give; Open is Board without the sticky bit."""


@pytest.fixture
def club(alice: Path, tmp_path: Path) -> Iterator[Path]:
    """A shareable Maildir that everybody finds below shared.club."""
    maildir = tmp_path / "shares" / "club"
    folders.make(maildir, folder=False)
    with MailStore(maildir) as store:
        for entry in MODES:
            store.create("INBOX" + entry)
            store.folder("INBOX" + entry).append(mailboxes.PLAIN)
    for entry, mode in MODES.items():
        for part in ("cur", "new", "tmp"):
            (maildir / entry / part).chmod(mode)
    settings_store.save("imap", {"shared_maildirs": [f"club {maildir}"]}, by="test")
    current.refresh()
    yield maildir
    for entry in MODES:
        (maildir / entry / "cur").chmod(0o700)


def test_modes_say_what_may_be_done(imap: Listeners, club: Path) -> None:
    client = ImapClient(imap["imap"])
    assert client.do("NAMESPACE")[0].endswith('(("#shared." ".")("shared." "."))')
    assert client.do('LIST "" shared.* RETURN (MYRIGHTS)')[:-1] == [
        '* LIST (\\NonExistent \\HasChildren) "." shared.club',
        '* LIST (\\HasNoChildren) "." shared.club.Announce',
        "* MYRIGHTS shared.club.Announce lr",
        '* LIST (\\HasNoChildren) "." shared.club.Board',
        "* MYRIGHTS shared.club.Board lrswi",
        '* LIST (\\HasNoChildren) "." shared.club.Open',
        "* MYRIGHTS shared.club.Open lrswited",
    ]
    for name in ("shared.club.Plain", "shared.club", "shared.other.Board"):
        assert client.refused(f"SELECT {name}").startswith("NO [NONEXISTENT]")


def test_with_the_sticky_bit_nobody_removes_anything(imap: Listeners, club: Path) -> None:
    client = ImapClient(imap["imap"])
    client.do("SELECT shared.club.Board")
    assert client.refused("STORE 1 +FLAGS (\\Deleted)").startswith("NO [NOPERM]")
    assert client.refused("EXPUNGE").startswith("NO [NOPERM]")
    client.do("STORE 1 +FLAGS (\\Seen)")
    client.do("APPEND shared.club.Board {5+}\r\nX: 1\n")
    client.do("SELECT shared.club.Open")
    client.do("STORE 1 +FLAGS (\\Deleted)")
    client.do("EXPUNGE")
    client.do("SELECT shared.club.Announce")
    refused = client.refused("APPEND shared.club.Announce {5+}\r\nX: 1\n")
    assert refused.startswith("NO [NOPERM]")


def test_nobody_changes_the_tree_or_its_rights(imap: Listeners, club: Path) -> None:
    client = ImapClient(imap["imap"])
    for command in (
        "CREATE shared.club.Open.New",
        "DELETE shared.club.Open",
        "RENAME shared.club.Open shared.club.Other",
        "SETACL shared.club.Open anyone lr",
        "CREATE shared.club.New",
        "CREATE shared.new",
    ):
        assert client.refused(command).startswith("NO"), command
    assert not (club / ".New").exists()


def test_an_accounts_own_list_reaches_only_below_the_directories_that_are_set(
    imap: Listeners, alice: Path, club: Path, tmp_path: Path
) -> None:
    (alice.parent / "out").symlink_to(tmp_path / "shares")
    own = f"mine\t{club}\nbob\t{alice.parent}\nlinked {alice.parent}/out/club\nup {club}/../../x\n"
    (alice / shared_maildirs.FILE).write_text(own)
    settings_store.save("imap", {"shared_maildirs": []}, by="test")
    current.refresh()
    assert ImapClient(imap["imap"]).do('LIST "" shared.*') == ["OK LIST completed."]
    settings_store.save("imap", {"shared_directories": [str(tmp_path / "shares")]}, by="test")
    current.refresh()
    client = ImapClient(imap["imap"])
    assert "shared.mine.Board" in "".join(client.do('LIST "" shared.*'))
    assert client.refused("SELECT shared.bob.Board").startswith("NO [NONEXISTENT]")
    assert client.refused("SELECT shared.up.Board").startswith("NO [NONEXISTENT]")
    client.do("SELECT shared.linked.Board")


def test_lines_that_name_nothing_are_passed_over() -> None:
    lines = ["a /x", "b\t/y z", "c relative", "a.b /x", "a/b /x", "", "..  /x", "a /second", "* /x"]
    assert shared_maildirs.parse(lines) == {"a": Path("/x"), "b": Path("/y z")}
