"""STATUS.  RFC 3501 §6.3.10, RFC 8438 (SIZE), RFC 7162 (HIGHESTMODSEQ), RFC 9051 (DELETED)."""

from collections.abc import Callable, Coroutine

from mailcore.imapd.commands import foreign
from mailcore.imapd.session import Session
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap import responses
from mailcore.protocol.imap.lexer import Arguments

_ITEMS: dict[bytes, Callable[[Folder, FolderRow], bytes]] = {
    b"MESSAGES": lambda _, row: b"%d" % row.messages,
    b"RECENT": lambda folder, row: b"%d" % _recent(folder, row),
    b"UIDNEXT": lambda _, row: b"%d" % row.uidnext,
    b"UIDVALIDITY": lambda _, row: b"%d" % row.uidvalidity,
    b"UNSEEN": lambda _, row: b"%d" % row.unseen,
    b"DELETED": lambda _, row: b"%d" % row.deleted,
    b"SIZE": lambda _, row: b"%d" % row.octets,
    b"HIGHESTMODSEQ": lambda _, row: b"%d" % row.modseq,
    b"MAILBOXID": lambda _, row: b"(F%d)" % row.uidvalidity,
}


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    arguments.space()
    name = arguments.mailbox()
    arguments.space()
    items = items_of(arguments)
    arguments.end()
    if b"HIGHESTMODSEQ" in items:
        session.enable("CONDSTORE")
    with session.store() as store:
        folder = store.folder(name)
        if foreign.is_fresh(folder):
            session.send(line(folder, items, utf8=session.utf8))
            session.complete(tag, b"STATUS completed.")
            return None
    return _look(session, tag, name, items)


async def _look(session: Session, tag: bytes, name: str, items: list[bytes]) -> None:
    def job(store: MailStore) -> bytes:
        return after_look(store, name, items, utf8=session.utf8)

    session.send(await session.in_thread(job))
    session.complete(tag, b"STATUS completed.")


def items_of(arguments: Arguments) -> list[bytes]:
    """`(MESSAGES UNSEEN …)`"""
    arguments.open()
    found = [arguments.keyword()]
    while arguments.skip(b" "):
        found.append(arguments.keyword())
    arguments.close()
    if not all(item in _ITEMS for item in found):
        raise arguments.fail("Unknown STATUS item.")
    return list(dict.fromkeys(found))


def after_look(store: MailStore, name: str, items: list[bytes], *, utf8: bool) -> bytes:
    """The STATUS line once foreign changes have been taken in."""
    folder = store.folder(name)
    folder.sync()
    return line(folder, items, utf8=utf8)


def line(folder: Folder, items: list[bytes], *, utf8: bool) -> bytes:
    row = folder.row_now()
    values = b" ".join(item + b" " + _ITEMS[item](folder, row) for item in items)
    return b"* STATUS %b (%b)\r\n" % (responses.mailbox(row.name, utf8=utf8), values)


def _recent(folder: Folder, row: FolderRow) -> int:
    found = folder.index.row(
        "SELECT count(*) FROM messages WHERE folder = ? AND uid >= ?", row.id, row.recent_from
    )
    return int(found[0]) if found else 0
