"""NAMESPACE.  RFC 2342."""

from mailcore.imapd import places
from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    arguments.end()
    shared = b'(("#shared." "."))' if places.reach(session).sharers else b"NIL"
    session.send(b'* NAMESPACE (("INBOX." ".")) NIL %b\r\n' % shared)
    session.complete(tag, b"NAMESPACE completed.")
