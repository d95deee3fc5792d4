"""Accounts to carry mail between, and what is in them."""

from pathlib import Path

from mailcore.mailbox.store import MailStore, nobody
from mailcore.migration.mail.carry import Tally, carry
from mailcore.migration.mail.letters import Source, Target
from mailcore.migration.mail.own import OwnSource, OwnTarget

DATE = 1_700_000_000
LIMIT = 1 << 20
FIRST = b"From: noor@x.example\r\nMessage-ID: <1@x>\r\nSubject: one\r\n\r\nFrom here on\r\n>From there\r\n"
SECOND = b"From: noor@x.example\r\nMessage-ID: <2@x>\r\nSubject: two\r\n\r\ntwo\r\n\r\n"


def silent(folder: str, done: int, total: int, tally: Tally) -> None:
    """Nobody watches."""


def run(source: Source, target: Target, **more: int) -> Tally:
    return carry(source, target, largest=more.get("largest", LIMIT), only=(), report=silent)


def into(maildir: Path, source: Source, **more: int) -> Tally:
    target = OwnTarget(maildir, nobody)
    try:
        return run(source, target, **more)
    finally:
        target.close()


def out_of(maildir: Path, target: Target) -> Tally:
    with MailStore(maildir) as store:
        return run(OwnSource(store), target)


Message = tuple[str, bytes, frozenset[str], int]


def contents(maildir: Path) -> list[Message]:
    """Folder, message, flags, date of everything."""
    with MailStore(maildir) as store:
        found = []
        for info in store.folders():
            folder = store.folder(info.name)
            for uid in folder.uids():
                row = folder.row(uid)
                assert row is not None
                found.append((info.name, folder.read(uid), row.flags, row.internal_date))
    return sorted(found, key=lambda one: (one[0], one[3]))


def fill(maildir: Path) -> Path:
    """Three messages in two folders, with flags, keywords and dates."""
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        inbox.append(FIRST, ["\\Seen", "\\Flagged", "later"], DATE)
        inbox.append(SECOND, ["\\Answered"], DATE + 1)
        store.create("INBOX.Büro.Alt")
        store.subscribe("INBOX.Büro.Alt", True)
        store.folder("INBOX.Büro.Alt").append(FIRST, ["\\Draft", "$Forwarded"], DATE + 2)
    return maildir
