"""SEARCH and UID SEARCH, with ESEARCH's RETURN.  RFC 3501 §6.4.4, RFC 4731, RFC 7162 §3.1.5."""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

from mailcore.imapd.commands import criteria
from mailcore.imapd.session import Session
from mailcore.mailbox import search as q
from mailcore.mailbox.changes import View
from mailcore.mailbox.folder import Folder
from mailcore.protocol.imap import search_keys, sequence_set
from mailcore.protocol.imap.lexer import Arguments

_RESULTS = frozenset((b"MIN", b"MAX", b"ALL", b"COUNT"))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be returned; None for the plain SEARCH response."""

    results: frozenset[bytes] | None
    uid: bool
    modseq: bool


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    return _begin(session, tag, arguments, uid=False)


def run_uid(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    return _begin(session, tag, arguments, uid=True)


def _begin(
    session: Session, tag: bytes, arguments: Arguments, *, uid: bool
) -> Coroutine[object, object, None]:
    arguments.space()
    results = _results(arguments)
    charset = _charset(session, arguments)
    criterion = search_keys.Parser(arguments, charset).keys()
    arguments.end()
    asks_modseq = criteria.mentions_modseq(criterion)
    if asks_modseq:
        session.enable("CONDSTORE")
    view = session.selected
    query = criteria.query(criterion, view)
    return _search(session, tag, query, _Wanted(results, uid, asks_modseq))


def _results(arguments: Arguments) -> frozenset[bytes] | None:
    """`RETURN (MIN MAX)` and the space behind it."""
    if arguments.data[arguments.at : arguments.at + 8].upper() != b"RETURN (":
        return None
    arguments.at += 7
    arguments.open()
    found: set[bytes] = set()
    while not arguments.skip(b")"):
        if found:
            arguments.space()
        found.add(arguments.keyword())
    arguments.depth -= 1
    arguments.space()
    if not found <= _RESULTS:
        raise arguments.fail("Unknown result option.")
    return frozenset(found or {b"ALL"})


def _charset(session: Session, arguments: Arguments) -> str:
    if arguments.data[arguments.at : arguments.at + 8].upper() != b"CHARSET ":
        return "utf-8"
    if "UTF8=ACCEPT" in session.enabled:
        raise arguments.fail("There is no CHARSET after ENABLE UTF8=ACCEPT.")  # RFC 6855 §3
    arguments.at += 8
    charset = criteria.charset_named(arguments)
    arguments.space()
    return charset


async def _search(session: Session, tag: bytes, query: q.Query, wanted: _Wanted) -> None:
    view = session.selected

    def job(folder: Folder) -> tuple[list[int], int]:
        found = folder.search(query)
        return found, _highest(folder, found) if wanted.modseq else 0

    found, highest = await session.in_folder(job)
    numbers = _numbers(view, found, uid=wanted.uid)
    session.send(_response(tag, numbers, highest, wanted))
    session.complete(tag, b"SEARCH completed.", expunges=wanted.uid)


def _highest(folder: Folder, found: list[int]) -> int:
    if not found:
        return 0
    wanted = set(found)
    return max(
        (
            modseq
            for uid, modseq in folder.index.execute(
                "SELECT uid, modseq FROM messages WHERE folder = ?", (folder.id,)
            )
            if uid in wanted
        ),
        default=0,
    )


def _numbers(view: View, found: list[int], *, uid: bool) -> list[int]:
    """What the session may be told of: messages it knows, by number or UID, ascending."""
    if len(found) * 4 < view.count:
        known = [(number, one) for one in found if (number := view.number(one)) is not None]
    else:
        wanted = set(found)
        known = [(at, one) for at, one in enumerate(view.uids, 1) if one in wanted]
    return [one if uid else number for number, one in known]


def _response(tag: bytes, numbers: Sequence[int], highest: int, wanted: _Wanted) -> bytes:
    if wanted.results is None:
        text = (" " + " ".join(map(str, numbers))).encode() if numbers else b""
        extra = b" (MODSEQ %d)" % highest if highest else b""
        return b"* SEARCH" + text + extra + b"\r\n"
    pieces = [b'* ESEARCH (TAG "' + tag + b'")']
    if wanted.uid:
        pieces.append(b"UID")
    if numbers:
        if b"MIN" in wanted.results:
            pieces.append(b"MIN %d" % numbers[0])
        if b"MAX" in wanted.results:
            pieces.append(b"MAX %d" % numbers[-1])
        if b"ALL" in wanted.results:
            pieces.append(b"ALL " + sequence_set.format(numbers))
    if b"COUNT" in wanted.results:
        pieces.append(b"COUNT %d" % len(numbers))
    if highest:
        pieces.append(b"MODSEQ %d" % highest)
    return b" ".join(pieces) + b"\r\n"
