"""New messages into a folder: one or many, all or none.

Like a delivery: every file is durable in its place before the caller hears of it.
"""

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailcore.mailbox import flags, removal, sync, transfer
from mailcore.mailbox.directories import own_change
from mailcore.mailbox.index import folder_rows, message_rows
from mailcore.mailbox.index.database import Index
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.index.message_rows import NewMessage
from mailcore.mailbox.render import identifier, render, with_crlf, with_lf
from mailcore.maildir import delivery, names
from mailcore.maildir.delivery import Written
from mailcore.maildir.quota import Quota

_OPEN_FILES = 50


@dataclass(frozen=True, slots=True)
class Addition:
    """A message to be added: flags by name, date in seconds."""

    data: bytes
    flag_names: Sequence[str]
    internal_date: int


@dataclass(frozen=True, slots=True)
class Replaced:
    """A message that goes in the same transaction, and only then.  RFC 8508.

    Into the vault if it is `kept`.
    """

    folder: FolderRow
    uid: int
    kept: bool


def append(
    index: Index,
    target: FolderRow,
    additions: Sequence[Addition],
    quota: Quota,
    *,
    replaced: Replaced | None = None,
    first: Callable[[], None] | None = None,
) -> list[int]:
    """Add messages to a folder; their UIDs.  Raises QuotaExceeded, GrammarError for a flag.

    `first` is called when they lie durable beside their place; if it raises they go again.
    """
    folder = index.maildir / target.directory
    octets = sum(len(with_lf(one.data)) for one in additions)
    transfer.check_quota(index.maildir, target, quota, octets, len(additions))
    adding = _Adding(index, target, folder)
    try:
        adding.write(additions)
        if first is not None:
            first()
        uids = adding.publish(replaced)
    except BaseException:
        adding.undo()
        raise
    delivery.flush([folder / "cur"])
    transfer.note_quota(index.maildir, target, octets, len(additions))
    if replaced is not None and adding.octets_gone:
        transfer.note_quota(index.maildir, replaced.folder, -adding.octets_gone, -1)
    return uids


class _Adding:
    """Some messages on their way from tmp/ into cur/ and the index."""

    def __init__(self, index: Index, target: FolderRow, folder: Path) -> None:
        self.index = index
        self.target = target
        self.folder = folder
        self.ready: list[tuple[NewMessage, Written]] = []
        self.placed: list[str] = []
        self.octets_gone = 0

    def write(self, additions: Sequence[Addition]) -> None:
        """Put them durably into tmp/, with few files open at a time."""
        for start in range(0, len(additions), _OPEN_FILES):
            settled = len(self.ready)
            try:
                for one in additions[start : start + _OPEN_FILES]:
                    self._write(one)
            except BaseException:
                delivery.close(written for _, written in self.ready[settled:])
                raise
            delivery.settle([written for _, written in self.ready[settled:]])

    def _write(self, one: Addition) -> None:
        bits, keywords = flags.parse(one.flag_names)
        wire = with_crlf(one.data)
        on_disk = with_lf(wire)
        now = int(time.time())
        base = names.base_name(now, names.unique(), len(on_disk), len(wire))
        message = NewMessage(
            base=base,
            file_flags=bits,
            flags=bits,
            keywords=keywords,
            internal_date=one.internal_date,
            save_date=now,
            email_id=identifier(b"M", base.encode()),
            rendered=render(wire),
        )
        written = delivery.write(self.folder, base, (on_disk,))
        self.ready.append((message, written))
        if one.internal_date != now:
            os.utime(written.descriptor, (one.internal_date, one.internal_date))

    def publish(self, replaced: Replaced | None) -> list[int]:
        """Rename and index them, in one transaction; their UIDs."""
        uids: list[int] = []

        def insert(first: int) -> None:
            uids[:] = range(first, first + len(self.ready))
            with own_change(self.index, self.target.id, self.folder):
                for message, written in self.ready:
                    self._place(message, written)
            modseq = folder_rows.next_modseq(self.index, self.target.id)
            pairs = [(uid, message) for uid, (message, _) in zip(uids, self.ready, strict=True)]
            message_rows.insert(self.index, self.target.id, pairs, modseq)
            if replaced is not None:
                wanted = [(replaced.uid, replaced.uid)]
                # From here on the new message is the only one: `undo` must not take it.
                self.placed.clear()
                self.octets_gone = removal.remove(
                    self.index, replaced.folder, wanted, kept=replaced.kept
                )[1]

        sync.with_uids(self.index, self.target.id, len(self.ready), insert)
        return uids

    def _place(self, message: NewMessage, written: Written) -> None:
        name = names.with_flags(message.base, message.flags)
        delivery.publish(self.folder, written, name, into="cur")
        self.placed.append(f"{self.folder}/cur/{name}")

    def undo(self) -> None:
        """Take back what was written before it went wrong."""
        delivery.discard(written for _, written in self.ready)
        for path in self.placed:
            with contextlib.suppress(OSError):
                os.unlink(path)
