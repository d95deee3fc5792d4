"""CHECK: for us, another NOOP.  RFC 3501 §6.4.1."""

from collections.abc import Coroutine

from mailcore.imapd.commands import foreign
from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    arguments.end()
    return foreign.complete_after_look(session, tag, b"CHECK completed.")
