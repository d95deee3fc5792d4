"""SORT and UID SORT.  RFC 5256 §3, RFC 5267 (RETURN), RFC 5957 (display names)."""

from collections.abc import Coroutine

from mailcore.imapd.commands import criteria, results
from mailcore.imapd.commands.results import Found, Wanted
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
    options = results.wanted(arguments)
    if options is not None and not session.offers("ESORT"):
        raise arguments.fail("RETURN is not offered.")
    order = _order(arguments)
    arguments.space()
    charset = criteria.charset_named(arguments)
    arguments.space()
    view = session.selected
    query = criteria.query_of(arguments, charset, view)
    if options is not None and options.saves:
        view.saved = ()
    return _sort(session, tag, order, query, options, uid=uid)


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


async def _sort(
    session: Session, tag: bytes, order: Order, query: q.Query, options: Wanted | None, *, uid: bool
) -> None:
    view = session.selected
    numbers = criteria.numbers_of(view)

    def job(folder: Folder) -> Found:
        matching, scores = folder.search_scored(query)
        ordered = sorting.ordered(folder.index, folder.id, matching, order, scores)
        uids = [one for one in ordered if one in numbers]
        return Found(uids, uids if uid else [numbers[one] for one in uids], scores=scores)

    found = await session.in_folder(job)
    if options is None:
        session.send((" ".join(["* SORT", *map(str, found.shown)]) + "\r\n").encode())
    elif options.answers:
        session.send(results.line(b'TAG "' + tag + b'"', found, options, uid=uid))
    if options is not None and options.saves:
        view.saved = results.saved(found, options)
    session.complete(tag, b"SORT completed.", expunges=uid)
