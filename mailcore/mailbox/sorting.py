"""SORT and THREAD over the columns the index keeps for them.  RFC 5256."""

from collections.abc import Sequence

from mailcore.mailbox.index.database import Index
from mailcore.message import subject
from mailcore.message.threads import Entry

_SENT = "ifnull(l.date, m.internal_date)"
_ORDER = {
    b"ARRIVAL": "m.internal_date",
    b"CC": "l.sort_cc",
    b"DATE": _SENT,
    b"FROM": "l.sort_from",
    b"SIZE": "m.size",
    b"SUBJECT": "l.sort_subject",
    b"TO": "l.sort_to",
}
KEYS = frozenset(_ORDER)
_FROM = (
    " FROM messages AS m JOIN listings AS l ON l.key = (m.folder << 32 | m.uid) WHERE m.folder = ?"
)


def ordered(
    index: Index, folder: int, found: set[int], keys: Sequence[tuple[bytes, bool]]
) -> list[int]:
    """The UIDs `found`, ordered by (key, reversed?) pairs, then by UID."""
    terms = [f"{_ORDER[key]} {'DESC' if backwards else 'ASC'}" for key, backwards in keys]
    rows = index.execute(
        f"SELECT m.uid{_FROM} ORDER BY {', '.join([*terms, 'm.uid'])}",
        (folder,),
    )
    return [uid for (uid,) in rows if uid in found]


def entries(index: Index, folder: int, found: set[int]) -> list[Entry]:
    """The messages `found` as threading wants them, by UID."""
    rows = index.execute(
        f"SELECT m.uid, l.message_id, l.parents, l.sort_subject, l.subject, {_SENT}{_FROM}"
        " ORDER BY m.uid",
        (folder,),
    )
    return [
        Entry(uid, message_id, parents.split(), base, subject.is_answer(text), sent)
        for uid, message_id, parents, base, text, sent in rows
        if uid in found
    ]
