"""Expunged messages: into the vault, shown, and back into a folder."""

import os
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailcore.errors import StoreError
from mailcore.mailbox import files, flags, sync
from mailcore.mailbox.directories import own_change
from mailcore.mailbox.index import folder_rows, message_rows
from mailcore.mailbox.index.database import Index
from mailcore.mailbox.index.message_rows import DELETED, NewMessage
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.render import identifier, render, with_crlf
from mailcore.mailbox.store import INBOX, MailStore
from mailcore.mailbox.transfer import check_quota, note_quota
from mailcore.maildir import delivery, names, vault
from mailcore.maildir.quota import NO_QUOTA, Quota
from mailcore.maildir.vault import Kept

_BATCH = 200
_SHOWN_OCTETS = 64 * 1024


@dataclass(frozen=True, slots=True)
class Preview:
    """What a list shows of a message in the vault; texts decoded."""

    kept: Kept
    sender: str
    subject: str
    preview: str


def previews(kept: Sequence[Kept]) -> list[Preview]:
    """Sender and subject of each, without those that went meanwhile.  Reads each file's head."""
    found = []
    for one in kept:
        try:
            with files.open_path(one.path) as opened:
                head = opened.read(_SHOWN_OCTETS)
        except OSError:
            continue
        shown = render(with_crlf(head))
        found.append(Preview(one, shown.from_, shown.subject, shown.preview))
    return found


def restore(store: MailStore, wanted: Collection[str], *, quota: Quota = NO_QUOTA) -> int:
    """Put the messages with these ids back, each into the folder it was in; how many.

    Nothing in the folders changes but for what comes back: it gets new UIDs.  A folder that
    is gone is replaced by INBOX.  Raises QuotaExceeded, and then nothing has come back.
    """
    chosen = [kept for kept in vault.listing(store.maildir) if kept.id in wanted]
    chosen.reverse()  # what went first comes back first
    targets: dict[str, list[Kept]] = {}
    for kept in chosen:
        targets.setdefault(_target(store, kept.folder), []).append(kept)
    octets = sum(one.size for one in chosen)
    for name in targets:
        check_quota(store.maildir, store.row(name), quota, octets, len(chosen))
    restored = 0
    for name, many in targets.items():
        for start in range(0, len(many), _BATCH):
            restored += _Restoring(store, name, many[start : start + _BATCH]).run()
    if restored:
        store.announce(store.maildir)
    return restored


def _target(store: MailStore, name: str) -> str:
    try:
        return store.row(name).name
    except (MailboxMissing, StoreError):
        return INBOX


class _Restoring:
    """Some messages from the vault into one folder, in one transaction."""

    def __init__(self, store: MailStore, name: str, kept: Sequence[Kept]) -> None:
        self.index: Index = store.index
        self.row = store.row(name)
        self.folder: Path = store.path(name)
        self.messages = [made for one in kept if (made := _Returning.of(one)) is not None]

    def run(self) -> int:
        """How many are back, durably."""
        if not self.messages:
            return 0
        came: list[_Returning] = []

        def insert(first: int) -> None:
            came.clear()
            with own_change(self.index, self.row.id, self.folder):
                for one in self.messages:
                    if one.rename_into(self.folder):
                        came.append(one)
            if came:
                modseq = folder_rows.next_modseq(self.index, self.row.id)
                pairs = [(first + at, one.message) for at, one in enumerate(came)]
                message_rows.insert(self.index, self.row.id, pairs, modseq)

        try:
            sync.with_uids(self.index, self.row.id, len(self.messages), insert)
        except BaseException:
            for one in came:
                one.take_back(self.folder)
            raise
        delivery.flush([self.folder / "cur"])
        octets = sum(one.kept.size for one in came)
        note_quota(self.index.maildir, self.row, octets, len(came))
        return len(came)


@dataclass(frozen=True, slots=True)
class _Returning:
    """A message on its way back; it gets a new base name, as a copy does."""

    kept: Kept
    message: NewMessage

    @classmethod
    def of(cls, kept: Kept) -> "_Returning | None":
        try:
            data, date = files.read_named(kept.path)
        except OSError:
            return None
        now = int(time.time())
        wire = with_crlf(data)
        old, bits = names.split(kept.name)
        words = vault.keywords(Path(kept.path).parent).get(old, "")
        base = names.base_name(now, names.unique(), len(data), len(wire))
        return cls(
            kept,
            NewMessage(
                base=base,
                file_flags=bits & ~DELETED,
                flags=bits & ~DELETED,
                keywords=message_rows.keyword_text(flags.only_keywords(words.split())),
                internal_date=date,
                save_date=now,
                email_id=identifier(b"M", base.encode()),
                rendered=render(wire),
            ),
        )

    def rename_into(self, folder: Path) -> bool:
        try:
            os.rename(self.kept.path, self._place(folder))
        except FileNotFoundError:
            return False
        return True

    def take_back(self, folder: Path) -> None:
        os.rename(self._place(folder), self.kept.path)

    def _place(self, folder: Path) -> str:
        return f"{folder}/{files.location(self.message.base, self.message.file_flags)}"
