"""Rows of message lists: what the webmail shows without opening a message."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.mailbox import flags, rendering
from mailcore.mailbox.index.database import Index, Row
from mailcore.mailbox.uid_ranges import ranges

_COLUMNS = (
    "m.uid, m.flags, m.keywords, m.modseq, m.size, m.internal_date, m.thread_id, m.email_id,"
    " l.subject, l.from_, l.to_, l.cc, l.date, l.preview, l.has_attachment, l.message_id"
)
_FROM = " FROM messages AS m JOIN listings AS l ON l.key = (m.folder << 32 | m.uid)"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: pass it on to get the next one."""

    internal_date: int
    uid: int


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message in a list; dates in seconds, texts decoded, `date` from the Date: field."""

    uid: int
    flags: frozenset[str]
    modseq: int
    size: int
    internal_date: int
    subject: str
    from_: str
    to: str
    cc: str
    date: int | None
    preview: str
    has_attachment: bool
    message_id: str
    thread_id: str
    email_id: str

    @property
    def position(self) -> Position:
        return Position(self.internal_date, self.uid)

    @property
    def seen(self) -> bool:
        return "\\Seen" in self.flags


def page(
    index: Index,
    folder: int,
    before: Position | None,
    limit: int,
    *,
    newest_first: bool,
    unseen_only: bool,
) -> list[MessageRow]:
    """At most `limit` rows by arrival after `before` in the chosen order."""
    condition, order, arguments = _where(folder, before, newest_first, unseen_only)
    if rendering.is_pending(index, folder):
        asked = index.execute(
            f"SELECT m.uid FROM messages AS m WHERE {condition} ORDER BY {order} LIMIT ?",  # noqa: S608
            [*arguments, limit],
        )
        rendering.ensure(index, folder, ranges([uid for (uid,) in asked]))
    found = index.execute(
        f"SELECT {_COLUMNS}{_FROM} WHERE {condition} ORDER BY {order} LIMIT ?",
        [*arguments, limit],
    )
    return [_message(row) for row in found]


def _where(
    folder: int, before: Position | None, newest_first: bool, unseen_only: bool
) -> tuple[str, str, list[int]]:
    """A page's condition, order and arguments."""
    compare, order = ("<", "DESC") if newest_first else (">", "ASC")
    condition, arguments = "m.folder = ?", [folder]
    if before is not None:
        condition += f" AND (m.internal_date, m.uid) {compare} (?, ?)"
        arguments += [before.internal_date, before.uid]
    if unseen_only:
        condition += " AND m.flags & 1 = 0"
    return condition, f"m.internal_date {order}, m.uid {order}", arguments


def rows(index: Index, folder: int, uids: Sequence[int]) -> list[MessageRow]:
    """The rows of these messages in the given order; those that are gone are left out."""
    rendering.ensure(index, folder, ranges(uids))
    found: dict[int, MessageRow] = {}
    for start in range(0, len(uids), 500):
        some = uids[start : start + 500]
        marks = ",".join("?" * len(some))
        for row in index.execute(
            f"SELECT {_COLUMNS}{_FROM} WHERE m.folder = ? AND m.uid IN ({marks})",
            [folder, *some],
        ):
            found[row[0]] = _message(row)
    return [found[uid] for uid in uids if uid in found]


def conversation(index: Index, thread_id: str, limit: int) -> list[tuple[str, MessageRow]]:
    """Messages of one thread in all folders, oldest first, each with its folder's name."""
    found = index.execute(
        f"SELECT {_COLUMNS}, f.name{_FROM} JOIN folders AS f ON f.id = m.folder"
        " WHERE m.thread_id = ? ORDER BY m.internal_date, m.uid LIMIT ?",
        [thread_id, limit],
    )
    return [(row[-1], _message(row[:-1])) for row in found]


def _message(row: Row) -> MessageRow:
    (
        uid, bits, keywords, modseq, size, internal_date, thread_id, email_id,
        subject, from_, to, cc, date, preview, has_attachment, message_id,
    ) = row  # fmt: skip
    return MessageRow(
        uid=uid,
        flags=flags.names_of(bits, keywords),
        modseq=modseq,
        size=size,
        internal_date=internal_date,
        subject=subject,
        from_=from_,
        to=to,
        cc=cc,
        date=date,
        preview=preview,
        has_attachment=bool(has_attachment),
        message_id=message_id,
        thread_id=thread_id,
        email_id=email_id,
    )
