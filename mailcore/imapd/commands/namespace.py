"""NAMESPACE.  RFC 2342."""

from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    arguments.end()
    session.send(b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\n')
    session.complete(tag, b"NAMESPACE completed.")
