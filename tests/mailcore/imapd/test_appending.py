"""APPEND, CATENATE and REPLACE under strain: bounds, and nothing done by halves."""

from pathlib import Path

import pytest

from mailcore.conf import current
from mailcore.conf import store as settings_store
from mailcore.mailbox import addition
from mailcore.mailbox.store import MailStore
from mailcore.maildir import delivery
from tests.support.imap_client import ImapClient

Listeners = dict[str, tuple[str, int]]


def files(maildir: Path) -> int:
    return sum(len(list((maildir / part).iterdir())) for part in ("tmp", "new", "cur"))


def test_no_more_messages_than_allowed_come_by_one_command(imap: Listeners) -> None:
    client = ImapClient(imap["imap"])
    settings_store.save("imap", {"append_limit": 70_000}, by="test")
    current.refresh()
    assert client.refused(b"APPEND INBOX" + b" {1+}\r\nx" * 1001) == "BAD Too many messages."
    assert "* 3 EXISTS" in client.do("SELECT INBOX")
    client.do(b"APPEND INBOX" + b" {1+}\r\nx" * 120)
    assert "* 123 EXISTS" in client.do("SELECT INBOX")


def test_all_literals_of_one_append_share_its_limit(imap: Listeners) -> None:
    settings_store.save("imap", {"append_limit": 70_000}, by="test")
    current.refresh()
    client = ImapClient(imap["imap"])
    one = b" {40000+}\r\n" + b"x" * 40_000
    assert client.refused(b"APPEND INBOX" + one + one).startswith("NO [LIMIT]")
    assert client.do("STATUS INBOX (MESSAGES)")[0] == "* STATUS INBOX (MESSAGES 3)"


def test_pieces_cannot_make_a_message_beyond_the_limit(imap: Listeners, alice: Path) -> None:
    with MailStore(alice) as store:
        store.folder("INBOX").append(b"Subject: big\r\n\r\n" + b"x" * 30_000)
    settings_store.save("imap", {"append_limit": 70_000}, by="test")
    current.refresh()
    client = ImapClient(imap["imap"])
    piece = ' URL "/INBOX/;UID=4"'
    client.do(f"APPEND INBOX CATENATE ({piece.strip()}{piece})")
    assert client.refused(f"APPEND INBOX CATENATE ({piece.strip()}{piece * 2})").startswith(
        "NO [TOOBIG]"
    )
    # Small cuts of large messages, by turns, so that each has to be read again.
    cuts = ' URL "/INBOX/;UID=4/;PARTIAL=0.1" URL "/INBOX/;UID=5/;PARTIAL=0.1"'
    assert client.refused(f"APPEND INBOX CATENATE ({cuts.strip()}{cuts * 10})").startswith(
        "NO [LIMIT]"
    )
    assert client.do("STATUS INBOX (MESSAGES)")[0] == "* STATUS INBOX (MESSAGES 5)"


def test_a_disk_that_fails_in_the_middle_leaves_nothing(
    alice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, calls = delivery.publish, []

    def failing(*arguments: object, **options: object) -> None:
        calls.append(arguments)
        if len(calls) == 3:
            raise OSError("disk full")
        publish(*arguments, **options)  # type: ignore[arg-type]

    with MailStore(alice) as store:
        inbox = store.folder("INBOX")
        before = files(inbox.path)
        monkeypatch.setattr(delivery, "publish", failing)
        new = [addition.Addition(b"Subject: x\r\n\r\n", (), 1_700_000_000) for _ in range(4)]
        with pytest.raises(OSError, match="disk full"):
            inbox.append_all(new)
        assert files(inbox.path) == before
        inbox.sync(thorough=True)
        assert inbox.summary().exists == 3


def test_a_replacement_over_quota_leaves_the_old_message(imap: Listeners) -> None:
    client = ImapClient(imap["imap"], "carol@example.com", "smallroom")
    client.do("APPEND INBOX {16+}\r\nSubject: draft\r\n")
    client.do("SELECT INBOX")
    answer = client.refused(b"REPLACE 1 INBOX {3000+}\r\n" + b"x" * 3000)
    assert answer.startswith("NO [OVERQUOTA]")
    assert client.do("FETCH 1 UID")[0] == "* 1 FETCH (UID 1)"
