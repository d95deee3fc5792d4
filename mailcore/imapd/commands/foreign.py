"""Look for foreign changes of the selected mailbox, in a thread only when there are any."""

from collections.abc import Coroutine

from mailcore.imapd.session import Session
from mailcore.mailbox.directories import stamps
from mailcore.mailbox.folder import Folder


def is_fresh(folder: Folder) -> bool:
    """Whether the index has seen the directories as they are now."""
    row = folder.row_now()
    try:
        return stamps(folder.path) == (row.new_mtime, row.cur_mtime)
    except OSError:
        return True


def complete_after_look(
    session: Session, tag: bytes, text: bytes
) -> Coroutine[object, object, None] | None:
    """Tell everything there is to tell, then complete the command."""
    if session.view is not None:
        with session.folder() as folder:
            if not is_fresh(folder):
                return _look(session, tag, text)
    session.complete(tag, text)
    return None


async def _look(session: Session, tag: bytes, text: bytes) -> None:
    await session.in_folder(lambda folder: folder.sync())
    session.complete(tag, text)
