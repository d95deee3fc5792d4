"""NAMESPACE.  RFC 2342."""

from mailcore.imapd import places
from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    arguments.end()
    reach = places.reach(session)
    shared = b'("#shared." ".")' if reach.sharers is not None else b""
    shared += b'("shared." ".")' if reach.maildirs() else b""
    shared = b"(" + shared + b")" if shared else b"NIL"
    session.send(b'* NAMESPACE (("INBOX." ".")) NIL %b\r\n' % shared)
    session.complete(tag, b"NAMESPACE completed.")
