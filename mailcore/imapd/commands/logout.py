"""LOGOUT.  RFC 3501 §6.1.3."""

from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    arguments.end()
    session.send(
        b"* BYE Courier is closing the connection.\r\n" + tag + b" OK LOGOUT completed.\r\n"
    )
    session.over = True
    session.connection.close()
