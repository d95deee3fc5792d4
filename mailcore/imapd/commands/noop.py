"""NOOP: the chance to hear what happened.  RFC 3501 §6.1.2."""

from collections.abc import Coroutine

from mailcore.imapd.commands import foreign
from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    arguments.end()
    return foreign.complete_after_look(session, tag, b"NOOP completed.")
