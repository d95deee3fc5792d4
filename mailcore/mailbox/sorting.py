"""SORT and THREAD over the columns the index keeps for them.  RFC 5256, RFC 5957."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailcore.mailbox import rendering
from mailcore.mailbox.index.database import Index, Row
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
_DISPLAY = {b"DISPLAYFROM": "l.from_", b"DISPLAYTO": "l.to_"}
RELEVANCY = b"RELEVANCY"
KEYS = frozenset((*_ORDER, *_DISPLAY, RELEVANCY))
_SHOWN = re.compile(r"(.*?) ?<[^<>\s]*>(?:, |$)", re.DOTALL)
_FROM = (
    " FROM messages AS m JOIN listings AS l ON l.key = (m.folder << 32 | m.uid) WHERE m.folder = ?"
)


def ordered(
    index: Index,
    folder: int,
    found: set[int],
    keys: Sequence[tuple[bytes, bool]],
    scores: Mapping[int, int],
) -> list[int]:
    """The UIDs `found`, ordered by (key, reversed?) pairs, then by UID.

    `scores`: how well those match that match only partly; RELEVANCY has the best first.
    """
    rendering.ensure(index, folder)
    if any(key not in _ORDER for key, _ in keys):
        return _ordered_here(index, folder, found, keys, scores)
    terms = [f"{_ORDER[key]} {'DESC' if backwards else 'ASC'}" for key, backwards in keys]
    rows = index.execute(
        f"SELECT m.uid{_FROM} ORDER BY {', '.join([*terms, 'm.uid'])}",
        (folder,),
    )
    return [uid for (uid,) in rows if uid in found]


def _ordered_here(
    index: Index,
    folder: int,
    found: set[int],
    keys: Sequence[tuple[bytes, bool]],
    scores: Mapping[int, int],
) -> list[int]:
    """By keys that the database knows nothing of: from the last to the first, stably."""
    columns = [_ORDER.get(key) or _DISPLAY.get(key, "m.uid") for key, _ in keys]
    rows = [
        row
        for row in index.execute(
            f"SELECT m.uid, {', '.join(columns)}{_FROM} ORDER BY m.uid", (folder,)
        )
        if row[0] in found
    ]
    for at, (key, backwards) in reversed(list(enumerate(keys, 1))):
        rows.sort(key=_value_of(key, at, scores), reverse=backwards)
    return [row[0] for row in rows]


def _value_of(key: bytes, at: int, scores: Mapping[int, int]) -> Callable[[Row], Any]:
    if key == RELEVANCY:
        return lambda row: -scores.get(row[0], 100)
    if key in _DISPLAY:
        return lambda row: display_name(row[at])
    return lambda row: row[at]


def display_name(people: str) -> str:
    """The first one's name, or the address of who has none, for comparing.  RFC 5957 §3."""
    found = _SHOWN.match(people)
    return (found[1] if found and found[1] else people).casefold()


def entries(index: Index, folder: int, found: set[int]) -> list[Entry]:
    """The messages `found` as threading wants them, by UID."""
    rendering.ensure(index, folder)
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
