"""EXPUNGE and UID EXPUNGE.  RFC 3501 §6.4.3, RFC 4315 §2.1."""

from collections.abc import Coroutine

from mailcore.imapd import places
from mailcore.imapd.commands import chosen
from mailcore.imapd.session import Session
from mailcore.mailbox import rights
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.index.message_rows import Ranges
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.end()
    return _expunge(session, tag, None)


def run_uid(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    wanted = chosen.uid_set(session, arguments)
    arguments.end()
    uids = session.selected.uids
    return _expunge(session, tag, wanted.ranges(uids[-1] if uids else 0))


async def _expunge(session: Session, tag: bytes, wanted: Ranges | None) -> None:
    view = session.writable_view

    def job(folder: Folder) -> None:
        places.require_here(folder, view, rights.EXPUNGE)
        folder.expunge(folder.deleted_uids(wanted))

    await session.in_folder(job)
    session.complete_changed(tag, b"EXPUNGE completed.")
