"""Maildir files ⇄ index: new messages, foreign changes, lazy renames.

Flags live in the index and reach the file names later (`write_back`).  The index
remembers the flags each file name had when it was last seen, so a name that differs from
that memory was changed by somebody else, and one that differs from the index only is our
own rename still to be done.
"""

import os
import stat
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mailcore.mailbox import files, others, rendering
from mailcore.mailbox.directories import own_change, stamps, trusted
from mailcore.mailbox.index import folder_rows, message_rows
from mailcore.mailbox.index.database import Index
from mailcore.mailbox.index.folder_rows import FolderRow, UidsNotReserved
from mailcore.mailbox.index.message_rows import IN_NEW, NewMessage
from mailcore.mailbox.others import Adopted
from mailcore.mailbox.render import identifier, render, with_crlf
from mailcore.maildir import names

_BATCH = 200
_RENAMES = 500
_RENDERED_AT_ONCE = 50
FULL_LOOK_SECONDS = 600


class Listing:
    """The message files of a folder: base name → flags in the name, IN_NEW for new/."""

    __slots__ = ("cur_names", "found")

    def __init__(self, folder: Path) -> None:
        self.found: dict[str, int] = {}
        self.cur_names: list[str] = []
        self.look(folder)

    def look(self, folder: Path) -> None:
        """Add what is there now; cur/ last, because that is where files move to."""
        found = self.found
        for name in os.listdir(f"{folder}/new"):
            if not name.startswith(".") and not (":2," in name and _looked_at(folder, name)):
                found[name.partition(":")[0]] = IN_NEW
        self.cur_names = os.listdir(f"{folder}/cur")
        for name in self.cur_names:
            if not name.startswith("."):
                base, bits = names.split(name)
                found[base] = bits


def _looked_at(folder: Path, name: str) -> bool:
    """Move to cur/ what a mail reader gave flags and left in new/; False when that fails.

    Mutt and offlineimap do so with unread messages, and Courier and Dovecot heed the flags.
    """
    try:
        os.rename(f"{folder}/new/{name}", f"{folder}/cur/{name}")
    except OSError:
        return False
    return True


def sync(index: Index, folder_id: int, *, thorough: bool = False) -> bool:
    """Take foreign changes into the index; True when there were any.

    Costs two stat calls when nothing happened.  `thorough` lists the directories even
    then, if our own work has been going on for a while since the last listing.
    """
    row = folder_rows.by_id(index, folder_id)
    if row is None:
        return True
    folder = index.maildir / row.directory
    try:
        now = stamps(folder)
    except FileNotFoundError:
        return True
    if now == (row.new_mtime, row.cur_mtime) and not (thorough and is_overdue(row)):
        return False
    return _compare(index, row, folder)


def is_overdue(row: FolderRow) -> bool:
    """Whether our own work has gone on for so long that the stamps deserve a second look."""
    return bool(row.touched) and time.time() - row.scanned > FULL_LOOK_SECONDS


def _compare(index: Index, row: FolderRow, folder: Path) -> bool:
    first_time = row.scanned == 0
    with index.writing():
        before = stamps(folder)
        listing = Listing(folder)
        known = index.rows(
            "SELECT base, uid, file_flags, flags FROM messages WHERE folder = ?", row.id
        )
        changed = _take_changes(index, row, folder, listing, known)
        fresh = listing.found.keys() - {base for base, *_ in known}
        if not fresh:
            _remember(index, row.id, trusted(before))
            return changed
    adopted = None
    if first_time or folder_rows.lists_changed(index, row.id):
        adopted = Adopted(index, row, folder, listing.cur_names)
    _add(index, row, folder, sorted(fresh), listing, adopted)
    with index.writing():
        _remember(index, row.id, trusted(before))
    if first_time:
        with index.writing():
            others.save(index, row.id)
    elif adopted is not None:
        with index.writing():
            folder_rows.know_lists(index, row.id)
    return True


def _remember(index: Index, folder_id: int, seen: tuple[int, int]) -> None:
    index.execute(
        "UPDATE folders SET new_mtime = ?, cur_mtime = ?, scanned = ?, touched = 0 WHERE id = ?",
        (*seen, int(time.time()), folder_id),
    )


def _take_changes(
    index: Index,
    row: FolderRow,
    folder: Path,
    listing: Listing,
    known: Sequence[tuple[str, int, int, int]],
) -> bool:
    """Vanished files and changed names of messages the index has."""
    found = listing.found
    if any(base not in found for base, *_ in known):
        # A file renamed during a listing can be missed by it: look again before mourning.
        listing.look(folder)
    vanished = [uid for base, uid, _, _ in known if base not in found]
    renamed = [
        (base, uid, seen, flags)
        for base, uid, seen, flags in known
        if found.get(base, seen) != seen
    ]
    if not vanished and not renamed:
        return False
    modseq = folder_rows.next_modseq(index, row.id)
    if vanished:
        message_rows.expunge(index, row.id, sorted(vanished), modseq)
    for base, uid, seen, flags in renamed:
        now = found[base]
        merged = _merged(flags, max(seen, 0), max(now, 0) & names.FILE_FLAGS)
        index.execute(
            "UPDATE messages SET file_flags = ?, flags = ?, modseq = iif(flags = ?, modseq, ?)"
            " WHERE folder = ? AND uid = ?",
            (now, merged, merged, modseq, row.id, uid),
        )
    if renamed:
        others.take_letters(
            index, row, [(uid, seen, found[base]) for base, uid, seen, _ in renamed], modseq
        )
        message_rows.recount(index, row.id)
    return True


def _merged(ours: int, seen: int, now: int) -> int:
    """Apply to our flags only what somebody changed between two looks at the name."""
    return (ours | (now & ~seen)) & ~(seen & ~now)


def _add(
    index: Index,
    row: FolderRow,
    folder: Path,
    fresh: list[str],
    listing: Listing,
    adopted: Adopted | None,
) -> None:
    uids = adopted.uids if adopted else {}
    words = adopted.words if adopted else {}
    if uids:
        fresh.sort(key=lambda base: (uids.get(base, 1 << 32), base))
    look = _read if len(fresh) <= _RENDERED_AT_ONCE else _glance
    for start in range(0, len(fresh), _BATCH):
        batch = []
        for base in fresh[start : start + _BATCH]:
            new = look(folder, base, listing.found[base], words.get(base, frozenset()))
            if new is not None:
                batch.append(new)
        if batch:
            add_messages(index, row.id, batch, uids=uids)


def _read(folder: Path, base: str, file_flags: int, words: frozenset[str]) -> NewMessage | None:
    """A message file as a row to be; None when it went away or is no file."""
    try:
        data, modified = files.read_named(f"{folder}/{files.location(base, file_flags)}")
    except OSError:
        found = files.find(folder, base)
        if found is None:
            return None
        try:
            data, modified = files.read_named(f"{folder}/{found}")
        except OSError:
            return None
        file_flags = IN_NEW if found.startswith("new/") else names.split(found[4:])[1]
    return NewMessage(
        base=base,
        file_flags=file_flags,
        flags=max(file_flags, 0) & names.FILE_FLAGS,
        keywords=message_rows.keyword_text(words),
        internal_date=modified,
        save_date=int(time.time()),
        email_id=identifier(b"M", base.encode("utf-8", "surrogateescape")),
        rendered=render(with_crlf(data)),
    )


def _glance(folder: Path, base: str, file_flags: int, words: frozenset[str]) -> NewMessage | None:
    """The same by name and time stamp alone; to be rendered later."""
    try:
        facts = os.lstat(f"{folder}/{files.location(base, file_flags)}")
    except OSError:
        return _read(folder, base, file_flags, words)
    if not stat.S_ISREG(facts.st_mode):
        return None
    return NewMessage(
        base=base,
        file_flags=file_flags,
        flags=max(file_flags, 0) & names.FILE_FLAGS,
        keywords=message_rows.keyword_text(words),
        internal_date=int(facts.st_mtime),
        save_date=int(time.time()),
        email_id=identifier(b"M", base.encode("utf-8", "surrogateescape")),
        rendered=None,
        named_size=names.wire_size_hint(base) or facts.st_size,
    )


def add_messages(
    index: Index, folder_id: int, batch: Sequence[NewMessage], *, uids: dict[str, int] | None = None
) -> None:
    """Index messages whose files are in place, unless another process was quicker."""
    uids = uids or {}

    def insert(first: int) -> None:
        pairs, next_uid = [], first
        for new in batch:
            if _has(index, folder_id, new.base):
                continue
            uid = uids.get(new.base)
            if uid is None or not 0 < uid < first:
                uid, next_uid = next_uid, next_uid + 1
            pairs.append((uid, new))
        if not pairs:
            return
        modseq = folder_rows.next_modseq(index, folder_id)
        message_rows.insert(index, folder_id, pairs, modseq)
        if any(new.rendered is None for _, new in pairs):
            rendering.mark(index, folder_id)
        note_arrivals(index, folder_id, pairs)

    with_uids(index, folder_id, sum(new.base not in uids for new in batch) or 1, insert)


def note_arrivals(index: Index, folder_id: int, pairs: Sequence[tuple[int, NewMessage]]) -> None:
    """Remember which deliveries these were, so that a repeat is recognised."""
    now = int(time.time())
    rows = [
        (token, folder_id, uid, now)
        for uid, new in pairs
        if (token := names.arrival_of(new.base)) is not None
    ]
    if rows:
        index.executemany("INSERT OR IGNORE INTO arrivals VALUES (?, ?, ?, ?)", rows)


def with_uids(index: Index, folder_id: int, count: int, insert: Callable[[int], None]) -> None:
    """Run `insert(first_uid)` in a write transaction that owns `count` durable UIDs."""
    while True:
        folder_rows.reserve(index, folder_id, count)
        try:
            with index.writing():
                insert(folder_rows.take_uids(index, folder_id, count))
            return
        except UidsNotReserved:
            continue


def _has(index: Index, folder_id: int, base: str) -> bool:
    return (
        index.row("SELECT 1 FROM messages WHERE folder = ? AND base = ?", folder_id, base)
        is not None
    )


def write_back(index: Index, folder_id: int) -> int:
    """Bring file names up to the index's flags, and messages from new/ to cur/.

    How many files were renamed.  In batches, so that nobody waits long for the index.
    """
    total = _write_letters(index, folder_id)
    while True:
        renamed = _write_back_batch(index, folder_id)
        total += renamed
        if renamed < _RENAMES:
            return total


def _write_letters(index: Index, folder_id: int) -> int:
    row = folder_rows.by_id(index, folder_id)
    if row is None or not others.has_dovecot(index.maildir / row.directory):
        return 0
    with index.writing():
        return others.write_letters(index, row)


def _write_back_batch(index: Index, folder_id: int) -> int:
    pending = "folder = ? AND (file_flags < 0 OR flags & 31 != file_flags & 31)"
    if index.row(f"SELECT 1 FROM messages WHERE {pending} LIMIT 1", folder_id) is None:  # noqa: S608
        return 0
    with index.writing():
        row = folder_rows.by_id(index, folder_id)
        if row is None:
            return 0
        folder = index.maildir / row.directory
        rows = index.rows(
            f"SELECT uid, base, flags & 31, file_flags FROM messages WHERE {pending} LIMIT ?",  # noqa: S608
            folder_id,
            _RENAMES,
        )
        done = []
        with own_change(index, folder_id, folder):
            for uid, base, flags, seen in rows:
                flags |= max(seen, 0) & ~names.FILE_FLAGS
                target = f"{folder}/{files.location(base, flags)}"
                try:
                    os.rename(f"{folder}/{files.location(base, seen)}", target)
                except OSError:
                    continue
                done.append((flags, folder_id, uid))
        index.executemany("UPDATE messages SET file_flags = ? WHERE folder = ? AND uid = ?", done)
        if len(done) < len(rows):
            # Somebody else renamed: let the next sync look.
            index.execute("UPDATE folders SET cur_mtime = 0 WHERE id = ?", (folder_id,))
    return len(done)
