"""ENABLE.  RFC 5161."""

from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    enabled = []
    while not arguments.at_end():
        arguments.space()
        if arguments.keyword() == b"CONDSTORE":
            session.condstore = True
            enabled.append(b"CONDSTORE")
    session.send(b"* ENABLED" + b"".join(b" " + name for name in enabled) + b"\r\n")
    session.complete(tag, b"ENABLE completed.")
