"""IDLE: hear of changes as they happen.  RFC 2177."""

from mailcore.imapd.commands import foreign
from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    """Costs no thread and no open index while it lasts; DONE ends it."""
    arguments.end()
    session.start_idle(tag)
    session.send(b"+ idling\r\n")
    if session.view is not None:
        session.tell(expunges=True)
        with session.folder() as folder:
            fresh = foreign.is_fresh(folder)
        if not fresh:
            session.context.hub.look(session.view.place.maildir)
    session.connection.read_line(lambda line: _end(session, line))


def _end(session: Session, line: bytes) -> None:
    session.connection.read_line(None)
    tag = session.stop_idle()
    if line.strip().upper() == b"DONE":
        session.complete(tag, b"IDLE completed.")
    else:
        session.send(tag + b" BAD Expected DONE.\r\n")
