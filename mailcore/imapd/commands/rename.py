"""RENAME.  RFC 3501 §6.3.5."""

from collections.abc import Coroutine

from mailcore.imapd.session import Session
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    before = arguments.mailbox()
    arguments.space()
    after = arguments.mailbox()
    arguments.end()
    return _rename(session, tag, before, after)


async def _rename(session: Session, tag: bytes, before: str, after: str) -> None:
    def job(store: MailStore) -> None:
        store.rename(before, after)

    await session.in_thread(job)
    session.complete(tag, b"RENAME completed.")
