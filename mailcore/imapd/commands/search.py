"""SEARCH and UID SEARCH.

RFC 3501 §6.4.4, RFC 4731 (RETURN), RFC 5182 (SAVE), RFC 7162 §3.1.5.
After ENABLE IMAP4rev2 the answer is always an ESEARCH (RFC 9051 §6.4.4).
"""

from collections.abc import Collection, Coroutine
from dataclasses import dataclass

from mailcore.imapd.commands import criteria, results
from mailcore.imapd.commands.results import Found, Wanted
from mailcore.imapd.refusal import Bad
from mailcore.imapd.session import Session
from mailcore.mailbox import search as q
from mailcore.mailbox.changes import View
from mailcore.mailbox.folder import Folder
from mailcore.protocol.imap import search_keys
from mailcore.protocol.imap.lexer import Arguments


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, and how it is to be answered: `options` None for the plain response."""

    query: q.Query
    options: Wanted | None
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
    options = results.wanted(arguments)
    charset = charset_before(session, arguments)
    criterion = search_keys.Parser(arguments, charset).keys()
    arguments.end()
    asks_modseq = criteria.mentions(criterion, b"MODSEQ")
    if asks_modseq:
        session.enable("CONDSTORE")
    view = session.selected
    query = criteria.query(criterion, view)
    if options is None and session.rev2:
        options = results.EVERYTHING
    if session.uidonly and criteria.mentions(criterion, b"SEQUENCE"):
        raise Bad("[UIDREQUIRED] There are no message numbers after ENABLE UIDONLY.")
    if options is not None and options.saves:
        view.saved = ()  # what stands if it fails: RFC 5182 §2.1
    return _search(session, tag, _Asked(query, options, uid, asks_modseq))


def charset_before(session: Session, arguments: Arguments) -> str:
    """`CHARSET name` and the space behind it."""
    if arguments.data[arguments.at : arguments.at + 8].upper() != b"CHARSET ":
        return "utf-8"
    if "UTF8=ACCEPT" in session.enabled:
        raise arguments.fail("There is no CHARSET after ENABLE UTF8=ACCEPT.")  # RFC 6855 §3
    arguments.at += 8
    charset = criteria.charset_named(arguments)
    arguments.space()
    return charset


async def _search(session: Session, tag: bytes, asked: _Asked) -> None:
    view = session.selected
    found = await session.in_folder(lambda folder: _found(folder, view, asked))
    options = asked.options
    if options is None:
        session.send(_plain(found))
    elif options.answers:
        session.send(results.line(b'TAG "' + tag + b'"', found, options, uid=asked.uid))
    if options is not None and options.saves:
        view.saved = results.saved(found, options)
    session.complete(tag, b"SEARCH completed.", expunges=asked.uid)


def _found(folder: Folder, view: View, asked: _Asked) -> Found:
    uids, scores = folder.search_scored(asked.query)
    known = _known(view, uids)
    return Found(
        [uid for _, uid in known],
        [uid if asked.uid else number for number, uid in known],
        highest(folder, uids) if asked.modseq else 0,
        scores,
    )


def highest(folder: Folder, found: Collection[int]) -> int:
    """The highest mod-sequence among these messages, 0 for none."""
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


def _known(view: View, found: set[int]) -> list[tuple[int, int]]:
    """What the session may be told of: (number, UID) of messages it knows, ascending."""
    if len(found) * 4 < view.count:
        return [(number, one) for one in sorted(found) if (number := view.number(one)) is not None]
    return [(at, one) for at, one in enumerate(view.uids, 1) if one in found]


def _plain(found: Found) -> bytes:
    text = (" " + " ".join(map(str, found.shown))).encode() if found.shown else b""
    extra = b" (MODSEQ %d)" % found.highest if found.highest else b""
    return b"* SEARCH" + text + extra + b"\r\n"
