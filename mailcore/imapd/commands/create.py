"""CREATE.  RFC 3501 §6.3.3."""

from collections.abc import Coroutine

from mailcore.imapd.session import Session
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap.lexer import Arguments


async def _create(session: Session, tag: bytes, name: str) -> None:
    def job(store: MailStore) -> int:
        store.create(name)
        return store.row(name).uidvalidity

    identifier = await session.in_thread(job)
    session.complete(tag, b"[MAILBOXID (F%d)] CREATE completed." % identifier)


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    arguments.space()
    name = arguments.mailbox()
    arguments.end()
    if name.endswith("."):
        # Only announces that names below will follow: nothing to make (Courier, RFC 3501).
        session.complete(tag, b"CREATE completed.")
        return None
    return _create(session, tag, name)
