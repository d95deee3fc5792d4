"""RENAME.  RFC 3501 §6.3.5, RFC 4314 §4."""

from collections.abc import Coroutine

from mailcore.imapd import places
from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.mailbox import access
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    before = arguments.mailbox()
    arguments.space()
    after = arguments.mailbox()
    arguments.end()
    return _rename(session, tag, before, after)


async def _rename(session: Session, tag: bytes, before: str, after: str) -> None:
    source, target = await places.find(session, before), await places.find(session, after)
    if source.maildir != target.maildir:
        raise No("CANNOT", "A mailbox cannot be renamed into another account.")

    def job(store: MailStore) -> None:
        access.require_rename(store, source.name, target.name, source.who)
        store.rename(source.name, target.name)

    await places.run(session, source, job)
    session.complete(tag, b"RENAME completed.")
