"""SORT and UID SORT.  RFC 5256 §3."""

from collections.abc import Coroutine

from mailcore.imapd.commands import criteria
from mailcore.imapd.session import Session
from mailcore.mailbox import search as q
from mailcore.mailbox import sorting
from mailcore.mailbox.folder import Folder
from mailcore.protocol.imap.lexer import Arguments

_MOST_KEYS = 20

Order = list[tuple[bytes, bool]]


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    return _begin(session, tag, arguments, uid=False)


def run_uid(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    return _begin(session, tag, arguments, uid=True)


def _begin(
    session: Session, tag: bytes, arguments: Arguments, *, uid: bool
) -> Coroutine[object, object, None]:
    arguments.space()
    order = _order(arguments)
    arguments.space()
    charset = criteria.charset_named(arguments)
    arguments.space()
    query = criteria.query_of(arguments, charset, session.selected)
    return _sort(session, tag, order, query, uid=uid)


def _order(arguments: Arguments) -> Order:
    """`(REVERSE DATE SUBJECT)`"""
    arguments.open()
    found: Order = []
    backwards = False
    while True:
        word = arguments.keyword()
        if word == b"REVERSE" and not backwards:
            backwards = True
        elif word in sorting.KEYS:
            found.append((word, backwards))
            backwards = False
        else:
            raise arguments.fail("Unknown sort key.")
        if len(found) > _MOST_KEYS:
            raise arguments.fail("Too many sort keys.")
        if not arguments.skip(b" "):
            break
    arguments.close()
    if backwards:
        raise arguments.fail("REVERSE needs a sort key.")
    return found


async def _sort(session: Session, tag: bytes, order: Order, query: q.Query, *, uid: bool) -> None:
    view = session.selected

    def job(folder: Folder) -> list[int]:
        found = set(folder.search(query))
        return sorting.ordered(folder.index, folder.id, found, order)

    uids = await session.in_folder(job)
    numbers = criteria.numbers_of(view)
    shown = [one if uid else numbers[one] for one in uids if one in numbers]
    session.send((" ".join(["* SORT", *map(str, shown)]) + "\r\n").encode())
    session.complete(tag, b"SORT completed.", expunges=uid)
