"""UNSELECT: leave without expunging.  RFC 3691."""

from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    arguments.end()
    session.unselect()
    session.complete(tag, b"UNSELECT completed.")
