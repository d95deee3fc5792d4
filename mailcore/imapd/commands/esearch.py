"""ESEARCH: one search over several mailboxes.  RFC 7377."""

from collections.abc import Coroutine

from mailcore.imapd import places
from mailcore.imapd.commands import criteria, results, scope, search
from mailcore.imapd.commands.results import Found, Wanted
from mailcore.imapd.commands.scope import Scope
from mailcore.imapd.refusal import Bad
from mailcore.imapd.session import Session
from mailcore.mailbox import rights
from mailcore.mailbox.changes import View
from mailcore.mailbox.places import Place
from mailcore.mailbox.refusals import MailboxMissing, NotPermitted
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap import responses, search_keys
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.search_keys import Criterion

_NUMBERED = (b"SEQUENCE", b"SAVED", b"RECENT", b"NEW", b"OLD")
"""Keys that mean something only in the selected mailbox."""


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    scopes = Scope(selected=True)
    if arguments.data[arguments.at : arguments.at + 4].upper() == b"IN (":
        arguments.at += 3
        scopes = scope.parse(arguments)
        arguments.space()
    options = results.wanted(arguments) or results.EVERYTHING
    charset = search.charset_before(session, arguments)
    criterion = search_keys.Parser(arguments, charset).keys()
    arguments.end()
    if scopes.selected and session.view is None:
        raise Bad("No mailbox is selected.")
    if options.saves:
        raise Bad("SAVE is for SEARCH.")
    if scopes != Scope(selected=True) and criteria.mentions(criterion, *_NUMBERED):
        raise Bad("Message numbers have no meaning in several mailboxes.")
    return _search(session, tag, scopes, options, criterion)


async def _search(
    session: Session, tag: bytes, scopes: Scope, options: Wanted, criterion: Criterion
) -> None:
    view = session.view
    of_others = view is not None and not view.place.is_own
    selected = "" if view is None or of_others else view.name
    names = await session.in_thread(lambda store: scope.names(store, scopes, selected))
    found = [places.reach(session).place(name) for name in names]
    if view is not None and of_others and scopes.selected:
        found.append(view.place)
    asks_modseq = criteria.mentions(criterion, b"MODSEQ")
    for place in found:
        line = await places.run(
            session,
            place,
            lambda store, place=place: _line(  # type: ignore[misc]  # the default binds the loop's value
                store, place, tag, options, criterion, asks_modseq, session
            ),
        )
        session.send(line)
        await session.connection.drained()
    session.complete(tag, b"ESEARCH completed.")


def _line(
    store: MailStore,
    place: Place,
    tag: bytes,
    options: Wanted,
    criterion: Criterion,
    asks_modseq: bool,
    session: Session,
) -> bytes:
    """The response for one mailbox; nothing where nothing was found."""
    try:
        had = places.require(store, place, rights.READ)
        folder = store.folder(place.name)
        folder.sync()
        row = folder.row_now()
    except (MailboxMissing, NotPermitted):
        return b""
    view = session.view
    if view is None or view.place != place or view.folder_id != folder.id:
        view = View(folder, row, place, rights=had, read_only=True, recent_from=row.recent_from)
    matching, scores = folder.search_scored(criteria.query(criterion, view))
    uids = sorted(matching)
    if not uids:
        return b""
    highest = search.highest(folder, uids) if asks_modseq else 0
    shown = responses.mailbox(place.shown, utf8=session.utf8)
    correlator = b'TAG "%b" MAILBOX %b UIDVALIDITY %d' % (tag, shown, row.uidvalidity)
    return results.line(correlator, Found(uids, uids, highest, scores), options, uid=True)
