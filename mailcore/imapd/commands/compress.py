"""COMPRESS.  RFC 4978 §3.  Only after the login: no password shares a stream with others' words."""

from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    arguments.space()
    if arguments.keyword() != b"DEFLATE":
        raise arguments.fail("Only DEFLATE is known.")
    arguments.end()
    if session.connection.compressed:
        raise No("COMPRESSIONACTIVE", "Compression is active already.")
    session.complete(tag, b"DEFLATE active.")
    session.connection.compress()
