"""What was tried on other IMAP servers, by whole sessions."""

from pathlib import Path

import pytest

from mailcore.accounts import administration
from tests.support import mailboxes
from tests.support.imap_client import ImapClient

Listeners = dict[str, tuple[str, int]]

REFUSED = "NO [AUTHENTICATIONFAILED] Login failed."


@pytest.mark.parametrize(
    "name",
    [
        "alice@example.com",
        "nobody@example.com",
        "*@example.com",
        "%@example.com",
        "%{user}%{literal:x}@example.com",
        "alice@example.com*alice@example.com",
        "alice*master",
        "*)(uid=*",
        "' OR 1=1 --",
        ".*@example\\.com",
        "../alice@example.com",
        "a" * 3000 + "@example.com",
    ],
    ids=lambda name: name[:20],
)
def test_no_name_is_more_than_a_wrong_one(imap: Listeners, name: str) -> None:
    client = ImapClient(imap["imap"], "")
    quoted = name.replace("\\", "\\\\")
    assert client.refused(f'LOGIN "{quoted}" wrong') == REFUSED
    client.close()


def test_a_password_of_a_megabyte_is_not_read(imap: Listeners) -> None:
    client = ImapClient(imap["imap"], "")
    assert client.refused("LOGIN alice@example.com {1048576}").startswith("NO [LIMIT]")
    client.do("NOOP")


def test_ten_thousand_parts_and_deep_nests_are_described(imap: Listeners, alice: Path) -> None:
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="e"\r\n\r\n'
    many = head + b"--e\r\n\r\nx\r\n" * 10_000 + b"--e--\r\n"
    deep = head + (b"--e\r\n" + head) * 3000
    inner = b"Content-Type: message/rfc822\r\n\r\n" * 3000
    mailboxes.fill(alice, (many, deep, inner), seconds=1_768_700_000)
    client = ImapClient(imap["imap"])
    client.do("SELECT INBOX")
    for number in (4, 5, 6):
        told = client.do(f"FETCH {number} (BODYSTRUCTURE ENVELOPE BODY.PEEK[1.1.1.1.MIME])")
        assert told[0].startswith(f"* {number} FETCH (BODYSTRUCTURE (")
    assert client.do("SEARCH BODY x")[0].startswith("* SEARCH")
    client.do("THREAD REFERENCES UTF-8 ALL")


def test_a_disabled_account_hears_what_a_wrong_password_hears(imap: Listeners) -> None:
    administration.set_account("bob@example.com", active=False, by="test")
    client = ImapClient(imap["imap"], "")
    assert client.refused("LOGIN bob@example.com builder99") == REFUSED
