"""Mail from and into other IMAP servers: Debian's Dovecot, and our own."""

import imaplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcore.accounts import directory
from mailcore.mailbox.store import MailStore
from mailcore.migration.mail.imap import ImapSource, ImapTarget
from mailcore.migration.mail.remote import Login, Remote
from tests.support import dovecot as dovecots
from tests.support.dovecot import Dovecot
from tests.support.moving import contents, into, out_of

Listeners = dict[str, tuple[str, int]]


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with dovecots.home() as home, dovecots.dovecot(home / "Maildir") as serving:
        yield serving


def connected(server: Dovecot) -> Remote:
    login = Login("127.0.0.1", server.port, dovecots.USER, dovecots.PASSWORD, "plain")
    return Remote(login)


def own(imap: Listeners, user: str, password: str) -> Remote:
    return Remote(Login(*imap["imap"], f"{user}@example.com", password, "plain"))


def test_through_dovecot_all_comes_back_as_it_was(
    filled: Path, tmp_path: Path, dovecot: Dovecot
) -> None:
    assert out_of(filled, ImapTarget(connected(dovecot))).brought == 3
    assert into(tmp_path / "back", ImapSource(connected(dovecot), "alice")).brought == 3
    assert contents(tmp_path / "back") == contents(filled)
    with MailStore(tmp_path / "back") as store:
        assert "INBOX.Büro.Alt" in store.subscribed()


def test_done_again_dovecot_gives_and_gets_nothing_twice(
    filled: Path, tmp_path: Path, dovecot: Dovecot
) -> None:
    for expected in ((3, 0), (0, 3)):
        out = out_of(filled, ImapTarget(connected(dovecot)))
        back = into(tmp_path / "back", ImapSource(connected(dovecot), "alice"))
        assert (out.brought, out.known) == (back.brought, back.known) == expected
    client = dovecot.login()
    client.append("INBOX", "(\\Seen)", None, b"Subject: late\r\n\r\n")  # type: ignore[arg-type]
    client.logout()
    assert into(tmp_path / "back", ImapSource(connected(dovecot), "alice")).brought == 1


def test_reading_changes_nothing_there(filled: Path, tmp_path: Path, dovecot: Dovecot) -> None:
    out_of(filled, ImapTarget(connected(dovecot)))

    def flags() -> list[object]:
        client = dovecot.login()
        client.select("INBOX", readonly=True)
        found = client.fetch("1:*", "(UID FLAGS)")[1]
        client.logout()
        return list(found)

    before = flags()
    into(tmp_path / "back", ImapSource(connected(dovecot), "alice"))
    assert flags() == before


def test_special_folders_become_ours_and_odd_names_possible(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    client = dovecot.login()
    for name in ("INBOX.Sent Items", "INBOX.100%", "INBOX.A.B"):
        client.create(f'"{name}"')
        client.append(f'"{name}"', "", None, f"Subject: {name}\r\n\r\n".encode())  # type: ignore[arg-type]
    client.logout()
    into(tmp_path / "back", ImapSource(connected(dovecot), "alice"))
    assert {folder for folder, *_ in contents(tmp_path / "back")} == {
        "INBOX.Sent Items", "INBOX.100_", "INBOX.A.B",
    }  # fmt: skip


def test_our_own_server_gives_and_takes(imap: Listeners, filled: Path, tmp_path: Path) -> None:
    assert out_of(filled, ImapTarget(own(imap, "bob", "builder99"))).brought == 3
    assert into(tmp_path / "back", ImapSource(own(imap, "bob", "builder99"), "bob")).brought == 3
    assert contents(tmp_path / "back") == contents(filled)
    bob = directory.account("bob@example.com")
    assert bob is not None
    assert set(contents(bob.maildir)) == set(contents(filled))


def test_from_dovecot_to_us_by_imap_alone(
    imap: Listeners, filled: Path, tmp_path: Path, dovecot: Dovecot
) -> None:
    out_of(filled, ImapTarget(connected(dovecot)))
    into(tmp_path / "between", ImapSource(connected(dovecot), "alice"))
    out_of(tmp_path / "between", ImapTarget(own(imap, "bob", "builder99")))
    client = imaplib.IMAP4(*imap["imap"])
    client.login("bob@example.com", "builder99")
    assert client.select("INBOX.B&APw-ro.Alt")[1] == [b"1"]
    assert b"$Forwarded" in client.fetch("1", "(FLAGS)")[1][0]  # type: ignore[operator]
    client.logout()


def test_a_folder_that_cannot_be_opened_keeps_no_other_from_it(
    filled: Path, tmp_path: Path, dovecot: Dovecot
) -> None:
    out_of(filled, ImapTarget(connected(dovecot)))
    client = dovecot.login()
    client.create("INBOX.Locked")
    client.logout()
    (dovecot.maildir / ".Locked" / "cur").chmod(0)
    (dovecot.maildir / ".Locked" / "dovecot.index.log").unlink()
    (dovecot.maildir / ".Locked").chmod(0)
    tally = into(tmp_path / "back", ImapSource(connected(dovecot), "alice"))
    (dovecot.maildir / ".Locked").chmod(0o700)
    assert tally.brought == 3
    assert [text.partition(":")[0] for text in tally.skipped] == ["INBOX.Locked"]
