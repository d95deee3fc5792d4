"""STORE and UID STORE.  RFC 3501 §6.4.6, RFC 7162 §3.1.3."""

from collections.abc import Coroutine
from dataclasses import dataclass, replace

from mailcore.imapd import places
from mailcore.imapd.commands import chosen
from mailcore.imapd.session import Session
from mailcore.mailbox import fetch, flags, rights
from mailcore.mailbox.changes import View
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.refusals import NotPermitted
from mailcore.protocol.imap import sequence_set
from mailcore.protocol.imap.fetch_items import Simple
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.sequence_set import Range

_ALL_BITS = sum(flags.SYSTEM.values())
_CHUNK = 1000
_LARGEST_MODSEQ = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class _Change:
    add: int
    remove: int
    add_keywords: frozenset[str]
    remove_keywords: frozenset[str] | None
    silent: bool
    unchanged_since: int | None


@dataclass(frozen=True, slots=True)
class _Done:
    """How many messages changed, their mod-sequence, the UIDs that UNCHANGEDSINCE refused,
    and those whose flags others had changed before without the session's knowing."""

    changed: int
    modseq: int
    failed: list[int]
    untold: frozenset[int]


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    positions = chosen.by_number(session, arguments)
    return _store(session, tag, positions, _parse(session, arguments), uid=False)


def run_uid(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    positions = chosen.by_uid(session, arguments)
    return _store(session, tag, positions, _parse(session, arguments), uid=True)


def _parse(session: Session, arguments: Arguments) -> _Change:
    assert session.writable_view
    arguments.space()
    since = None
    if arguments.peek() == b"(":
        arguments.open()
        if arguments.keyword() != b"UNCHANGEDSINCE":
            raise arguments.fail("Unknown modifier.")
        arguments.space()
        since = arguments.number(_LARGEST_MODSEQ)
        arguments.close()
        arguments.space()
        session.enable("CONDSTORE")
    name = arguments.keyword()
    silent = name.endswith(b".SILENT")
    action = name.removesuffix(b".SILENT")
    arguments.space()
    bits, text = flags.parse(_flags(arguments))
    arguments.end()
    words = frozenset(text.split())
    match action:
        case b"FLAGS":
            return _Change(bits, _ALL_BITS & ~bits, words, None, silent, since)
        case b"+FLAGS":
            return _Change(bits, 0, words, frozenset(), silent, since)
        case b"-FLAGS":
            return _Change(0, bits, frozenset(), words, silent, since)
    raise arguments.fail("Unknown STORE item.")


def _flags(arguments: Arguments) -> list[str]:
    if arguments.peek() == b"(":
        return arguments.flags()
    found = [arguments.flag()]
    while arguments.skip(b" "):
        found.append(arguments.flag())
    return found


async def _store(
    session: Session, tag: bytes, positions: list[Range], change: _Change, *, uid: bool
) -> None:
    view = session.selected

    def job(folder: Folder) -> _Done:
        return _apply(folder, view, positions, change)

    done = await session.in_folder(job)
    modseq, failed = done.modseq, done.failed
    if done.changed:
        session.dirty = True
        view.changed_by_us(modseq, done.untold if change.silent else frozenset())
    if change.silent:
        if session.condstore:
            await _answer(session, positions, uid=uid, since=modseq - 1, silent=True, skip=failed)
    else:
        await _answer(session, positions, uid=uid, since=0, silent=False, skip=failed)
    text = b"STORE completed."
    if failed:
        numbers = failed if uid else [number for one in failed if (number := view.number(one))]
        text = b"[MODIFIED %b] Some flags were changed by others." % sequence_set.format(numbers)
    session.complete(tag, text, expunges=uid)


def _apply(folder: Folder, view: View, positions: list[Range], change: _Change) -> _Done:
    change = _permitted(change, places.require_here(folder, view, rights.READ))
    wanted = chosen.uid_ranges(view, positions)
    failed: list[int] = []
    with folder.index.writing():
        untold = view.untold(folder, wanted) if change.silent else frozenset()
        if change.unchanged_since is not None:
            for first, last in wanted:
                failed += [
                    uid
                    for (uid,) in folder.index.execute(
                        "SELECT uid FROM messages WHERE folder = ? AND uid BETWEEN ? AND ?"
                        " AND modseq > ?",
                        (folder.id, first, last, change.unchanged_since),
                    )
                ]
        changed, modseq = folder.store(
            wanted,
            add=change.add,
            remove=change.remove,
            add_keywords=change.add_keywords,
            remove_keywords=change.remove_keywords,
            unchanged_since=change.unchanged_since,
        )
    return _Done(changed, modseq, failed, untold)


def _permitted(change: _Change, had: frozenset[str]) -> _Change:
    """What is left of a change that may touch some of the flags; it must be something.

    RFC 4314 §4.
    """
    bits, words = flags.changeable(had)
    if bits == _ALL_BITS and words:
        return change
    named, named_words = change.add, change.add_keywords
    if change.remove_keywords is not None:
        named, named_words = named | change.remove, named_words | change.remove_keywords
    allowed = named & bits or (named_words and words)
    if not (allowed or (not named and not named_words and (bits or words))):
        raise NotPermitted("You have no right to change these flags.")
    return replace(
        change,
        add=change.add & bits,
        remove=change.remove & bits,
        add_keywords=change.add_keywords if words else frozenset(),
        remove_keywords=change.remove_keywords if words else frozenset(),
    )


async def _answer(
    session: Session,
    positions: list[Range],
    *,
    uid: bool,
    since: int,
    silent: bool,
    skip: list[int],
) -> None:
    """FETCH lines with the flags as they are now (silent: only the mod-sequences)."""
    view = session.selected
    items = [] if silent else [Simple(b"FLAGS")]
    plan = fetch.plan(items, uid=uid, modseq=session.condstore, uidonly=session.uidonly)
    refused = set(skip)
    for chunk in chosen.chunks(positions, _CHUNK):
        wanted = [at for at in chunk if view.uids[at] not in refused] if refused else chunk
        if not wanted:
            continue
        uids = [view.uids[at] for at in wanted]
        numbers = [at + 1 for at in wanted]
        with session.folder() as folder:
            lines = fetch.lines(
                folder, plan, numbers, uids, recent_from=view.recent_from, changed_since=since
            )
        session.send(b"".join(lines))
        await session.connection.drained()
