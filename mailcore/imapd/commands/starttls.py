"""STARTTLS.  RFC 3501 §6.2.1."""

from collections.abc import Coroutine

from mailcore.imapd.refusal import Bad
from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.end()
    if not session.may_start_tls:
        raise Bad("TLS is active already, or not to be had.")
    session.send(tag + b" OK Begin TLS negotiation now.\r\n")
    return _upgrade(session)


async def _upgrade(session: Session) -> None:
    await session.connection.start_tls()
    session.secure = True
