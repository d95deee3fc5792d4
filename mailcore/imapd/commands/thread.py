"""THREAD and UID THREAD.  RFC 5256 §3."""

from collections.abc import Coroutine

from mailcore.imapd.commands import criteria
from mailcore.imapd.session import Session
from mailcore.mailbox import search as q
from mailcore.mailbox import sorting
from mailcore.mailbox.folder import Folder
from mailcore.message import threads
from mailcore.protocol.imap.lexer import Arguments

_ALGORITHMS = {
    b"REFERENCES": threads.references,
    b"ORDEREDSUBJECT": threads.ordered_subject,
    b"REFS": threads.refs,
}


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    return _begin(session, tag, arguments, uid=False)


def run_uid(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    return _begin(session, tag, arguments, uid=True)


def _begin(
    session: Session, tag: bytes, arguments: Arguments, *, uid: bool
) -> Coroutine[object, object, None]:
    arguments.space()
    algorithm = arguments.keyword()
    if algorithm not in _ALGORITHMS or not session.offers(f"THREAD={algorithm.decode()}"):
        raise arguments.fail("Unknown threading algorithm.")
    arguments.space()
    charset = criteria.charset_named(arguments)
    arguments.space()
    query = criteria.query_of(arguments, charset, session.selected)
    return _thread(session, tag, algorithm, query, uid=uid)


async def _thread(
    session: Session, tag: bytes, algorithm: bytes, query: q.Query, *, uid: bool
) -> None:
    numbers = criteria.numbers_of(session.selected)
    shown = {one: one for one in numbers} if uid else numbers

    def job(folder: Folder) -> str:
        found = numbers.keys() & set(folder.search(query))
        messages = sorting.entries(folder.index, folder.id, found)
        return threads.written(_ALGORITHMS[algorithm](messages), shown)

    text = await session.in_folder(job)
    session.send(f"* THREAD {text}".rstrip().encode() + b"\r\n")
    session.complete(tag, b"THREAD completed.", expunges=uid)
