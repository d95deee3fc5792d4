"""CLOSE: expunge silently, if that is permitted, and leave.  RFC 3501 §6.4.2, RFC 4314 §4."""

import contextlib
from collections.abc import Coroutine

from mailcore.imapd import places
from mailcore.imapd.session import Session
from mailcore.mailbox import rights
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.refusals import NotPermitted
from mailcore.protocol.imap.lexer import Arguments


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    arguments.end()
    if not session.selected.read_only:
        with session.folder() as folder:
            deleted = folder.row_now().deleted
        if deleted:
            return _expunge(session, tag)
    session.unselect()
    session.complete(tag, b"CLOSE completed.")
    return None


async def _expunge(session: Session, tag: bytes) -> None:
    view = session.selected

    def job(folder: Folder) -> None:
        with contextlib.suppress(NotPermitted):
            places.require_here(folder, view, rights.EXPUNGE)
            folder.expunge(folder.deleted_uids())

    await session.in_folder(job)
    session.unselect()
    session.complete(tag, b"CLOSE completed.")
