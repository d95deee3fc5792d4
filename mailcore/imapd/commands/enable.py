"""ENABLE.  RFC 5161."""

from mailcore.imapd import capabilities
from mailcore.imapd.session import Session
from mailcore.mailbox.changes import NEVER
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    """What is unknown or switched off is passed over; ENABLED names what was switched on."""
    enabled: list[bytes] = []
    while not arguments.at_end():
        arguments.space()
        name = arguments.keyword()
        switched = capabilities.enabled_by(name.decode(), session.rules)
        if switched and switched[0].encode() not in enabled:
            enabled.append(switched[0].encode())
            session.enable(*switched)
    if session.rev2 and session.view is not None:
        session.view.recent_from = NEVER
    session.send(b"* ENABLED" + b"".join(b" " + name for name in enabled) + b"\r\n")
    session.complete(tag, b"ENABLE completed.")
