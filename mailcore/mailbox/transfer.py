"""Messages from one folder into another: copy, move.

Like a delivery: the file is durable in its place before the caller hears of it.  A copy
is a second name (hard link) of the same file, which message files, never rewritten, allow.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from mailcore.errors import StoreError
from mailcore.mailbox import files, rendering, sync
from mailcore.mailbox.directories import own_change
from mailcore.mailbox.index import folder_rows, message_rows
from mailcore.mailbox.index.database import Index
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.index.message_rows import Ranges
from mailcore.mailbox.refusals import QuotaExceeded
from mailcore.maildir import delivery, names
from mailcore.maildir import quota as maildir_quota
from mailcore.maildir.quota import Quota

Found = tuple[int, str, int, int, int]
"""UID, base name, flags in the file name, size with CRLF, flag bits."""


def rows_in(index: Index, folder: int, wanted: Ranges) -> list[Found]:
    """The messages with these UIDs that exist, ascending."""
    found: list[Found] = []
    for first, last in wanted:
        found += index.rows(
            "SELECT uid, base, file_flags, size, flags FROM messages"
            " WHERE folder = ? AND uid BETWEEN ? AND ? ORDER BY uid",
            folder, first, last,
        )  # fmt: skip
    return found


def octets_on_disk(base: str, size: int) -> int:
    """What a message counts for in `maildirsize`."""
    hint = names.size_hint(base)
    return size if hint is None else hint


def counts_for_quota(directory: str) -> bool:
    """Trash does not."""
    return directory != maildir_quota.TRASH and not directory.startswith(maildir_quota.TRASH + ".")


def copy(
    index: Index, source: FolderRow, target: FolderRow, wanted: Ranges, quota: Quota
) -> list[tuple[int, int]]:
    """Copy messages; (old UID, new UID) pairs.  All or none."""
    found = rows_in(index, source.id, wanted)
    if not found:
        return []
    octets = sum(octets_on_disk(base, size) for _, base, _, size, _ in found)
    check_quota(index.maildir, target, quota, octets, len(found))
    copies = _Placing(index, source, target, os.link)
    pairs = copies.run(found)
    note_quota(index.maildir, target, octets, len(found))
    return pairs


def move(
    index: Index, source: FolderRow, target: FolderRow, wanted: Ranges
) -> list[tuple[int, int]]:
    """Move messages; (old UID, new UID) pairs.  One transaction, so nobody sees both or none."""
    if source.id == target.id:
        return []
    found = rows_in(index, source.id, wanted)
    if not found:
        return []
    octets = sum(octets_on_disk(base, size) for _, base, _, size, _ in found)
    pairs = _Moving(index, source, target, os.rename).run(found)
    note_quota(index.maildir, target, octets, len(found))
    note_quota(index.maildir, source, -octets, -len(found))
    return pairs


class _Placing:
    """Put files of one folder into another, and the index with them."""

    def __init__(
        self,
        index: Index,
        source: FolderRow,
        target: FolderRow,
        place: Callable[[str, str], None],
    ) -> None:
        self.index = index
        self.source = source
        self.target = target
        self.place = place
        self.from_ = index.maildir / source.directory
        self.to = index.maildir / target.directory
        self.now = int(time.time())
        self.done: list[tuple[str, str]] = []

    def run(self, found: list[Found]) -> list[tuple[int, int]]:
        pairs: list[tuple[int, int]] = []

        def insert(first: int) -> None:
            with (
                own_change(self.index, self.source.id, self.from_),
                own_change(self.index, self.target.id, self.to),
            ):
                copies = self._place_all(found, first)
            modseq = folder_rows.next_modseq(self.index, self.target.id)
            message_rows.copy(self.index, self.source.id, self.target.id, copies, modseq, self.now)
            if rendering.is_pending(self.index, self.source.id):
                rendering.mark(self.index, self.target.id)
            self.finish([old for old, _, _, _ in copies])
            pairs[:] = [(old, new) for old, new, _, _ in copies]

        try:
            sync.with_uids(self.index, self.target.id, len(found), insert)
        except BaseException:
            self.undo()
            raise
        delivery.flush([self.to / "cur"])
        return pairs

    def _place_all(self, found: list[Found], first: int) -> list[tuple[int, int, str, int]]:
        copies: list[tuple[int, int, str, int]] = []
        for uid, base, file_flags, size, flag_bits in found:
            bits = flag_bits & names.FILE_FLAGS
            copied = names.base_name(self.now, names.unique(), octets_on_disk(base, size), size)
            after = f"{self.to}/cur/{names.with_flags(copied, bits)}"
            before = f"{self.from_}/{files.location(base, file_flags)}"
            if not self._one(before, after, base):
                raise StoreError("Some of the messages no longer exist.")
            copies.append((uid, first + len(copies), copied, bits))
        return copies

    def _one(self, before: str, after: str, base: str) -> bool:
        try:
            self.place(before, after)
        except FileNotFoundError:
            found = files.find(self.from_, base)
            if found is None:
                return False
            before = f"{self.from_}/{found}"
            self.place(before, after)
        self.done.append((before, after))
        return True

    def finish(self, uids: list[int]) -> None:
        """Within the transaction, when all are in place."""

    def undo(self) -> None:
        """Take back what was placed before it went wrong."""
        for _, after in self.done:
            os.unlink(after)


class _Moving(_Placing):
    def finish(self, uids: list[int]) -> None:
        modseq = folder_rows.next_modseq(self.index, self.source.id)
        message_rows.expunge(self.index, self.source.id, uids, modseq)

    def undo(self) -> None:
        for before, after in self.done:
            os.rename(after, before)


def check_quota(maildir: Path, target: FolderRow, quota: Quota, octets: int, messages: int) -> None:
    """Raises QuotaExceeded when so much more may not come into `target`."""
    if not quota.is_limited or not counts_for_quota(target.directory):
        return
    if not quota.allows(maildir_quota.usage(maildir, quota), octets, messages):
        raise QuotaExceeded("You exceeded your mail quota.")


def note_quota(maildir: Path, folder: FolderRow, octets: int, messages: int) -> None:
    """Count what came into `folder` (or went, when negative)."""
    if counts_for_quota(folder.directory):
        maildir_quota.add(maildir, octets, messages)
