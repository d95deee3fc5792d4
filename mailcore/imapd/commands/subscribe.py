"""SUBSCRIBE and UNSUBSCRIBE.  RFC 3501 §6.3.6, §6.3.7."""

from collections.abc import Coroutine

from mailcore.imapd.session import Session
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    return _set(session, tag, _name(arguments), b"SUBSCRIBE completed.", wanted=True)


def run_unsubscribe(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None]:
    return _set(session, tag, _name(arguments), b"UNSUBSCRIBE completed.", wanted=False)


def _name(arguments: Arguments) -> str:
    arguments.space()
    name = arguments.mailbox()
    arguments.end()
    return name


async def _set(session: Session, tag: bytes, name: str, text: bytes, *, wanted: bool) -> None:
    def job(store: MailStore) -> None:
        store.subscribe(name, wanted)

    await session.in_thread(job)
    session.complete(tag, text)
