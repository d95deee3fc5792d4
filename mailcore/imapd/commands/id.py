"""ID: who is talking.  RFC 2971."""

from mailcore import log
from mailcore.imapd.session import Session
from mailcore.protocol import forwarded
from mailcore.protocol.imap import identity
from mailcore.protocol.imap.lexer import Arguments

_LONGEST = 200
_log = log.get("imapd")


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    arguments.space()
    fields = identity.fields(arguments)
    arguments.end()
    if fields:
        words = (f"{name[:_LONGEST]} {value[:_LONGEST]}" for name, value in fields.items())
        _log.info("client.identified", session=session.id, client=" ".join(words))
    said = forwarded.of_fields(fields)
    if said is not None and session.may_forward:
        session.speak_for(said.address)
    session.send(b'* ID ("name" "Courier")\r\n')
    session.complete(tag, b"ID completed.")
