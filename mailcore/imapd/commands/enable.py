"""ENABLE.  RFC 5161."""

from mailcore.imapd import capabilities
from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    """What is unknown or switched off is passed over; ENABLED names what was switched on."""
    enabled: list[bytes] = []
    while not arguments.at_end():
        arguments.space()
        name = arguments.keyword()
        switched = capabilities.enabled_by(name.decode(), session.rules)
        if switched and name not in enabled:
            enabled.append(name)
            session.enable(*switched)
    session.send(b"* ENABLED" + b"".join(b" " + name for name in enabled) + b"\r\n")
    session.complete(tag, b"ENABLE completed.")
