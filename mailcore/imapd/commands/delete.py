"""DELETE.  RFC 3501 §6.3.4."""

from collections.abc import Coroutine

from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.mailbox.store import MailStore
from mailcore.maildir.folders import canonical
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    name = canonical(arguments.mailbox())
    arguments.end()
    if session.view is not None and session.view.name == name:
        raise No("INUSE", "The mailbox is selected.")
    return _delete(session, tag, name)


async def _delete(session: Session, tag: bytes, name: str) -> None:
    def job(store: MailStore) -> None:
        store.delete(name)

    await session.in_thread(job)
    session.complete(tag, b"DELETE completed.")
