"""UNAUTHENTICATE: back to the state before the login; TLS stays.  RFC 8437."""

from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    arguments.end()
    session.forget_identity()
    session.complete(tag, b"Log in again.")
    session.connection.logged_out()
