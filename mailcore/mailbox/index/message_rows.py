"""Rows of messages: insert, copy, change flags, expunge, read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailcore.mailbox.index.database import Index
from mailcore.mailbox.index.database import Row as Row
from mailcore.mailbox.render import Rendered

SEEN, ANSWERED, FLAGGED, DELETED, DRAFT = 1, 2, 4, 8, 16
IN_NEW = -1
"""`file_flags` of a message that still lies in new/."""

Ranges = Sequence[tuple[int, int]]
"""UIDs as inclusive ranges, ascending."""

_SPLIT_TABLES = (
    ("envelopes", "envelope"),
    ("structures", "bodystructure"),
    ("headers", "fields"),
    (
        "listings",
        "subject, from_, to_, cc, bcc, date, sent_day, preview, has_attachment, message_id,"
        " parents, sort_subject, sort_from, sort_to, sort_cc",
    ),
)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message about to be indexed; times in seconds, `keywords` as `keyword_text` makes them.

    Without `rendered` it is known by name only, and `size` is what the name tells.
    """

    base: str
    file_flags: int
    flags: int
    keywords: str
    internal_date: int
    save_date: int
    email_id: str
    rendered: Rendered | None
    named_size: int = 0

    @property
    def size(self) -> int:
        return self.named_size if self.rendered is None else self.rendered.size


def key(folder: int, uid: int) -> int:
    return folder << 32 | uid


def keyword_text(keywords: Iterable[str]) -> str:
    """Keywords as stored: sorted, one space between."""
    return " ".join(sorted(set(keywords)))


def insert(
    index: Index, folder: int, messages: Sequence[tuple[int, NewMessage]], modseq: int
) -> None:
    """Index (UID, message) pairs and count them.  Within a write transaction."""
    index.executemany(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                folder, uid, new.flags, new.keywords, modseq, new.size,
                new.internal_date, new.base, new.file_flags, new.save_date, new.email_id,
                new.rendered.thread_id if new.rendered is not None else "",
            )
            for uid, new in messages
        ],
    )  # fmt: skip
    insert_rendered(
        index, folder, [(uid, new.rendered) for uid, new in messages if new.rendered is not None]
    )
    _count(
        index,
        folder,
        len(messages),
        sum(not new.flags & SEEN for _, new in messages),
        sum(bool(new.flags & DELETED) for _, new in messages),
        sum(new.size for _, new in messages),
    )


def insert_rendered(index: Index, folder: int, messages: Sequence[tuple[int, Rendered]]) -> None:
    """What was rendered of (UID, message) pairs, unless known.  Within a write transaction."""
    keyed = [(key(folder, uid), rendered) for uid, rendered in messages]
    index.executemany(
        "INSERT OR IGNORE INTO envelopes VALUES (?, ?)", [(at, one.envelope) for at, one in keyed]
    )
    index.executemany(
        "INSERT OR IGNORE INTO structures VALUES (?, ?)",
        [(at, one.bodystructure) for at, one in keyed],
    )
    index.executemany(
        "INSERT OR IGNORE INTO headers VALUES (?, ?)", [(at, one.fields) for at, one in keyed]
    )
    index.executemany(
        "INSERT OR IGNORE INTO listings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(at, *_listing(one)) for at, one in keyed],
    )


def _listing(message: Rendered) -> Row:
    return (
        message.subject, message.from_, message.to, message.cc, message.bcc, message.date,
        message.sent_day, message.preview, message.has_attachment, message.message_id,
        message.parents, message.sort_subject, message.sort_from, message.sort_to, message.sort_cc,
    )  # fmt: skip


def copy(
    index: Index,
    source: int,
    target: int,
    messages: Sequence[tuple[int, int, str, int]],
    modseq: int,
    now: int,
) -> None:
    """Index copies: (old UID, new UID, base name, file flags) of messages in another folder."""
    index.executemany(
        "INSERT INTO messages SELECT ?, ?, flags, keywords, ?, size, internal_date, ?, ?, ?,"
        " email_id, thread_id FROM messages WHERE folder = ? AND uid = ?",
        [
            (target, new, modseq, base, file_flags, now, source, old)
            for old, new, base, file_flags in messages
        ],
    )
    keys = [(key(target, new), key(source, old)) for old, new, _, _ in messages]
    for table, columns in _SPLIT_TABLES:
        index.executemany(
            f"INSERT INTO {table} SELECT ?, {columns} FROM {table} WHERE key = ?",  # noqa: S608
            keys,
        )
    first, last = messages[0][1], messages[-1][1]
    _count(index, target, *totals(index, target, [(first, last)]))


def totals(index: Index, folder: int, ranges: Ranges) -> tuple[int, int, int, int]:
    """Messages, unseen, deleted, octets among these UIDs."""
    sums = [0, 0, 0, 0]
    for first, last in ranges:
        row = index.execute(
            "SELECT count(*), ifnull(sum(flags & 1 = 0), 0), ifnull(sum(flags & 8 != 0), 0),"
            " ifnull(sum(size), 0) FROM messages WHERE folder = ? AND uid BETWEEN ? AND ?",
            (folder, first, last),
        ).fetchone()
        sums = [total + part for total, part in zip(sums, row, strict=True)]
    return sums[0], sums[1], sums[2], sums[3]


def change_bits(
    index: Index,
    folder: int,
    ranges: Ranges,
    *,
    add: int,
    remove: int,
    modseq: int,
    unchanged_since: int | None = None,
) -> int:
    """Set and clear flag bits; only what really changes gets the new `modseq`.  How many did."""
    before = totals(index, folder, ranges) if (add | remove) & (SEEN | DELETED) else None
    changed = 0
    for first, last in ranges:
        changed += index.execute(
            "UPDATE messages SET flags = (flags | ?) & ~?, modseq = ?"
            " WHERE folder = ? AND uid BETWEEN ? AND ? AND (flags | ?) & ~? != flags"
            " AND modseq <= ?",
            (
                add, remove, modseq, folder, first, last, add, remove,
                unchanged_since if unchanged_since is not None else 1 << 62,
            ),
        ).rowcount  # fmt: skip
    if before is not None and changed:
        after = totals(index, folder, ranges)
        _count(index, folder, 0, after[1] - before[1], after[2] - before[2], 0)
    return changed


def change_keywords(
    index: Index,
    folder: int,
    ranges: Ranges,
    *,
    add: frozenset[str],
    remove: frozenset[str] | None,
    modseq: int,
    unchanged_since: int | None = None,
) -> int:
    """Set and clear keywords (`remove` None: all others), one UPDATE per combination."""
    limit = unchanged_since if unchanged_since is not None else 1 << 62
    changed = 0
    for first, last in ranges:
        combinations = index.rows(
            "SELECT DISTINCT keywords FROM messages WHERE folder = ? AND uid BETWEEN ? AND ?",
            folder, first, last,
        )  # fmt: skip
        for (text,) in combinations:
            kept = frozenset(text.split()) - remove if remove is not None else frozenset()
            now = keyword_text(kept | add)
            if now == text:
                continue
            changed += index.execute(
                "UPDATE messages SET keywords = ?, modseq = ? WHERE folder = ?"
                " AND uid BETWEEN ? AND ? AND keywords = ? AND (modseq <= ? OR modseq = ?)",
                (now, modseq, folder, first, last, text, limit, modseq),
            ).rowcount
    return changed


def expunge(index: Index, folder: int, uids: Sequence[int], modseq: int) -> None:
    """Drop messages, remembering that their UIDs vanished.  Within a write transaction."""
    sums = [0, 0, 0, 0]
    for uid in uids:
        found = totals(index, folder, [(uid, uid)]) if len(uids) < 100 else (0, 0, 0, 0)
        sums = [total + part for total, part in zip(sums, found, strict=True)]
    keys = [(key(folder, uid),) for uid in uids]
    for table, _ in _SPLIT_TABLES:
        index.executemany(f"DELETE FROM {table} WHERE key = ?", keys)  # noqa: S608
    index.executemany(
        "DELETE FROM messages WHERE folder = ? AND uid = ?", [(folder, uid) for uid in uids]
    )
    index.executemany(
        "INSERT OR IGNORE INTO expunged VALUES (?, ?, ?)", [(folder, modseq, uid) for uid in uids]
    )
    if len(uids) < 100:
        _count(index, folder, *(-total for total in sums))
    else:
        recount(index, folder)


def recount(index: Index, folder: int) -> None:
    """Set the counters by counting: after a change to many, cheaper than adding up."""
    found = totals(index, folder, [(0, 1 << 32)])
    index.execute(
        "UPDATE folders SET messages = ?, unseen = ?, deleted = ?, octets = ? WHERE id = ?",
        (*found, folder),
    )


def _count(
    index: Index, folder: int, messages: int, unseen: int, deleted: int, octets: int
) -> None:
    index.execute(
        "UPDATE folders SET messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?,"
        " octets = octets + ? WHERE id = ?",
        (messages, unseen, deleted, octets, folder),
    )
