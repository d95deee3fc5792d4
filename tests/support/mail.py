"""Messages and mailboxes for web tests."""

from collections.abc import Iterable

from mailcore.accounts import directory
from mailcore.accounts.models import Account
from mailcore.mailbox.store import MailStore

PLAIN = b"""\
From: Noor Haddad <noor@studio.example>\r
To: Ada Marsh <ada@example.com>, Tom <tom@other.example>\r
Cc: cleo@other.example\r
Subject: Final proofs\r
Date: Sun, 22 Nov 2026 10:00:00 +0000\r
Message-ID: <proofs@studio.example>\r
\r
Hi Ada,\r
\r
see https://print.example/friday?a=1&b=2, please.\r
\r
Noor\r
-- \r
Harbour Studio\r
"""


def store_of(account: Account) -> MailStore:
    """The account's store with its standard folders; close it."""
    value = directory.account(account.address)
    assert value is not None
    value.maildir.parent.mkdir(parents=True, exist_ok=True)
    store = MailStore(value.maildir)
    store.ensure_standard_folders()
    return store


def put(
    account: Account,
    data: bytes = PLAIN,
    flags: Iterable[str] = (),
    folder: str = "INBOX",
    at: int = 0,
) -> int:
    """Put a message into a folder; its UID."""
    with store_of(account) as store:
        return store.folder(folder).append(data, flags, at)


def uids(account: Account, folder: str = "INBOX") -> list[int]:
    """What is in a folder."""
    with store_of(account) as store:
        place = store.folder(folder)
        place.sync()
        return list(place.uids())


def flags(account: Account, uid: int, folder: str = "INBOX") -> frozenset[str]:
    """The flags of a message."""
    with store_of(account) as store:
        row = store.folder(folder).row(uid)
        assert row is not None
        return row.flags


def read(account: Account, uid: int, folder: str = "INBOX") -> bytes:
    """The message's bytes."""
    with store_of(account) as store:
        return store.folder(folder).read(uid)
