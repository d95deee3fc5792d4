"""DELETE.  RFC 3501 §6.3.4, RFC 4314 §4."""

from collections.abc import Coroutine

from mailcore.imapd import places
from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.mailbox import rights
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    name = arguments.mailbox()
    arguments.end()
    return _delete(session, tag, name)


async def _delete(session: Session, tag: bytes, name: str) -> None:
    place = await places.find(session, name)
    if session.view is not None and session.view.place.shown == place.shown:
        raise No("INUSE", "The mailbox is selected.")

    def job(store: MailStore) -> None:
        places.require(store, place, rights.DELETE_MAILBOX)
        store.delete(place.name)

    await places.run(session, place, job)
    session.complete(tag, b"DELETE completed.")
