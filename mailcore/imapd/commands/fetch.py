"""FETCH and UID FETCH.  RFC 3501 §6.4.5, RFC 7162 §3.1.4.1, §3.2.6, RFC 9394.

A few messages from the index are answered at once; many, or bodies, in chunks by a thread,
each chunk waiting until the client has taken the one before.
"""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

from mailcore.imapd.commands import chosen, results, resync
from mailcore.imapd.commands.results import Partial
from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.mailbox import fetch, files
from mailcore.mailbox.changes import View
from mailcore.mailbox.fetch import Plan, Reader
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.index.message_rows import SEEN
from mailcore.mailbox.uid_ranges import ranges
from mailcore.protocol.imap import fetch_items
from mailcore.protocol.imap.fetch_items import Simple
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.sequence_set import Range, SequenceSet

_AT_ONCE = 100
_FILES_AT_ONCE = 4
_LIGHT_CHUNK = 1000
_HEAVY_OCTETS = 512 * 1024
_HEAVY_CHUNK = 64
_LARGEST_MODSEQ = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class _Modifiers:
    """CHANGEDSINCE, the UIDs of which is to be said which have VANISHED, and PARTIAL."""

    since: int | None = None
    vanished: SequenceSet | None = None
    partial: Partial | None = None


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    arguments.space()
    positions = chosen.by_number(session, arguments)
    return _begin(session, tag, arguments, positions, None)


def run_uid(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    arguments.space()
    wanted = chosen.uid_set(session, arguments)
    return _begin(session, tag, arguments, wanted.positions(session.selected.uids), wanted)


def _begin(
    session: Session,
    tag: bytes,
    arguments: Arguments,
    positions: list[Range],
    by_uid: SequenceSet | None,
) -> Coroutine[object, object, None] | None:
    """`by_uid`: the UIDs as sent; None when these were sequence numbers."""
    arguments.space()
    items = fetch_items.parse(arguments)
    modifiers = _modifiers(session, arguments, by_uid)
    arguments.end()
    since = modifiers.since or 0
    if modifiers.since is not None or Simple(b"MODSEQ") in items:
        session.enable("CONDSTORE")
    if modifiers.partial is not None:
        if since:
            positions = _changed(session, positions, since)
        positions = chosen.stretch(positions, modifiers.partial)
    uid = by_uid is not None
    modseq = modifiers.since is not None
    plan = fetch.plan(items, uid=uid, modseq=modseq, uidonly=session.uidonly)
    is_quick = _is_quick(session.selected, plan, chosen.count(positions))
    if is_quick and modifiers.vanished is None:
        try:
            text = _at_once(session, plan, positions, since)
        except files.WouldWait:
            pass
        else:
            session.send(text)
            session.complete(tag, b"FETCH completed.", expunges=uid)
            return None
    if modifiers.vanished is not None:
        return _after_vanished(session, tag, plan, positions, modifiers.vanished, since)
    return _in_chunks(session, tag, plan, positions, since, uid=uid)


def _changed(session: Session, positions: list[Range], since: int) -> list[Range]:
    """Of these positions those of messages that changed since."""
    view = session.selected
    with session.folder() as folder:
        rows = folder.index.rows(
            "SELECT uid FROM messages WHERE folder = ? AND modseq > ?", folder.id, since
        )
    changed = {uid for (uid,) in rows}
    return [
        (at, at + 1)
        for start, end in positions
        for at in range(start, end)
        if view.uids[at] in changed
    ]


async def _after_vanished(
    session: Session,
    tag: bytes,
    plan: Plan,
    positions: list[Range],
    known: SequenceSet,
    since: int,
) -> None:
    """What has gone comes before what has changed.  RFC 7162 §3.2.6."""
    view = session.selected
    line = await session.in_folder(lambda folder: resync.earlier(folder, view, since, known))
    session.send(line)
    await _in_chunks(session, tag, plan, positions, since, uid=True)


def _is_quick(view: View, plan: Plan, count: int) -> bool:
    """Whether the answer takes well under a millisecond if the files are in memory."""
    if plan.is_light:
        return count <= _AT_ONCE
    return count <= _FILES_AT_ONCE and (not (view.marks_seen and plan.sets_seen)) and not view.gone


def _at_once(session: Session, plan: Plan, positions: list[Range], since: int) -> bytes:
    view = session.selected
    pieces: list[bytes] = []
    with session.folder() as folder:
        for chunk in chosen.chunks(positions, _AT_ONCE):
            pieces += _lines(folder, view, plan, chunk, since, reader=files.read_at_once)
    if plan.needs_file and len(pieces) < chosen.count(positions):
        raise files.WouldWait
    return b"".join(pieces)


def _modifiers(session: Session, arguments: Arguments, by_uid: SequenceSet | None) -> _Modifiers:
    """`(CHANGEDSINCE n VANISHED PARTIAL 1:100)`"""
    since: int | None = None
    partial: Partial | None = None
    vanished = False
    if not arguments.skip(b" "):
        return _Modifiers()
    arguments.open()
    while True:
        name = arguments.keyword()
        if name == b"CHANGEDSINCE" and since is None:
            arguments.space()
            since = arguments.number(_LARGEST_MODSEQ)
        elif name == b"PARTIAL" and partial is None and by_uid is not None:
            arguments.space()
            partial = results.partial(arguments)
        elif name == b"VANISHED" and not vanished:
            vanished = True
        else:
            raise arguments.fail("Unknown modifier.")
        if not arguments.skip(b" "):
            break
    arguments.close()
    if not vanished:
        return _Modifiers(since, None, partial)
    if by_uid is None or since is None or not session.qresync:
        raise arguments.fail("VANISHED needs UID FETCH, CHANGEDSINCE and ENABLE QRESYNC.")
    return _Modifiers(since, by_uid, partial)


def _lines(
    folder: Folder,
    view: View,
    plan: Plan,
    chunk: Sequence[int],
    since: int,
    *,
    reader: Reader = files.read,
) -> list[bytes]:
    uids = [view.uids[at] for at in chunk]
    numbers = [at + 1 for at in chunk]
    return fetch.lines(
        folder,
        plan,
        numbers,
        uids,
        recent_from=view.recent_from,
        changed_since=since,
        reader=reader,
    )


async def _in_chunks(
    session: Session, tag: bytes, plan: Plan, positions: list[Range], since: int, *, uid: bool
) -> None:
    view = session.selected
    size = _LIGHT_CHUNK if plan.is_light else _HEAVY_CHUNK
    sent = 0
    sets_seen = plan.sets_seen and view.marks_seen
    for chunk in chosen.chunks(positions, size):
        rest: Sequence[int] = chunk
        while rest:
            text, count, taken, modseq = await session.in_folder(
                lambda folder, rest=rest: _some(  # type: ignore[misc]  # the default binds the loop's value
                    folder, view, plan, rest, since, sets_seen=sets_seen
                )
            )
            if modseq:
                view.changed_by_us(modseq)
                session.dirty = True
            sent += count
            rest = rest[taken:]
            session.send(text)
            await session.connection.drained()
    if sent < chosen.count(positions) and not since and plan.needs_file:
        session.tell(expunges=uid)
        raise No("EXPUNGEISSUED", "Some of the messages no longer exist.")
    session.complete(tag, b"FETCH completed.", expunges=uid)


def _some(
    folder: Folder, view: View, plan: Plan, chunk: Sequence[int], since: int, *, sets_seen: bool
) -> tuple[bytes, int, int, int]:
    """The answer for the beginning of `chunk`: → text, how many lines, of how many messages,
    and the mod-sequence of the \\Seen flags that were set for them."""
    modseq = 0
    if plan.needs_file:
        chunk = _bounded(folder, view, chunk)
    if sets_seen:
        changed, given = folder.store(ranges(view.uids[at] for at in chunk), add=SEEN)
        modseq = given if changed else 0
    lines = _lines(folder, view, plan, chunk, since)
    return b"".join(lines), len(lines), len(chunk), modseq


def _bounded(folder: Folder, view: View, chunk: Sequence[int]) -> Sequence[int]:
    """As many messages as may be held in memory at once, at least one."""
    first, last = view.uids[chunk[0]], view.uids[chunk[-1]]
    sizes: dict[int, int] = dict(
        folder.index.rows(
            "SELECT uid, size FROM messages WHERE folder = ? AND uid BETWEEN ? AND ?",
            folder.id, first, last,
        )
    )  # fmt: skip
    total = 0
    for taken, at in enumerate(chunk):
        total += sizes.get(view.uids[at], 0)
        if total > _HEAVY_OCTETS and taken:
            return chunk[:taken]
    return chunk
