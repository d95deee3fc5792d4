"""CAPABILITY.  RFC 3501 §6.1.1."""

from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    arguments.end()
    session.send(b"* CAPABILITY %b\r\n" % session.capabilities())
    session.complete(tag, b"CAPABILITY completed.")
