"""STATUS.  RFC 3501 §6.3.10, RFC 7162 (HIGHESTMODSEQ), RFC 8438 (SIZE), RFC 9051 (DELETED).

RFC 7889 (APPENDLIMIT: one for all mailboxes), RFC 9208 (DELETED-STORAGE).
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from mailcore.imapd import places
from mailcore.imapd.commands import foreign
from mailcore.imapd.session import Session
from mailcore.mailbox import rights
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.index.message_rows import DELETED
from mailcore.mailbox.places import Place
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap import responses
from mailcore.protocol.imap.lexer import Arguments

_LIMIT, _ID = b"APPENDLIMIT", b"MAILBOXID"
_ITEMS: dict[bytes, Callable[[Folder, FolderRow], bytes]] = {
    b"MESSAGES": lambda _, row: b"%d" % row.messages,
    b"RECENT": lambda folder, row: b"%d" % _recent(folder, row),
    b"UIDNEXT": lambda _, row: b"%d" % row.uidnext,
    b"UIDVALIDITY": lambda _, row: b"%d" % row.uidvalidity,
    b"UNSEEN": lambda _, row: b"%d" % row.unseen,
    b"DELETED": lambda _, row: b"%d" % row.deleted,
    b"SIZE": lambda _, row: b"%d" % row.octets,
    b"HIGHESTMODSEQ": lambda _, row: b"%d" % row.modseq,
    b"DELETED-STORAGE": lambda folder, row: b"%d" % _deleted_octets(folder, row),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of each mailbox, and how this session is told."""

    items: list[bytes]
    utf8: bool
    append_limit: int


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    arguments.space()
    name = arguments.mailbox()
    arguments.space()
    asked = asked_in(session, arguments)
    arguments.end()
    if b"HIGHESTMODSEQ" in asked.items:
        session.enable("CONDSTORE")
    reach = places.reach(session)
    if reach.is_own(name):
        place = reach.place(name)
        with session.store() as store:
            places.require(store, place, rights.READ)
            folder = store.folder(place.name)
            if foreign.is_fresh(folder):
                session.send(line(folder, place, asked))
                session.complete(tag, b"STATUS completed.")
                return None
    return _look(session, tag, name, asked)


async def _look(session: Session, tag: bytes, name: str, asked: Asked) -> None:
    place = await places.find(session, name)

    def job(store: MailStore) -> bytes:
        places.require(store, place, rights.READ)
        return after_look(store, place, asked)

    session.send(await places.run(session, place, job))
    session.complete(tag, b"STATUS completed.")


def asked_in(session: Session, arguments: Arguments) -> Asked:
    """`(MESSAGES UNSEEN …)`"""
    arguments.open()
    found = [arguments.keyword()]
    while arguments.skip(b" "):
        found.append(arguments.keyword())
    arguments.close()
    if not _ITEMS.keys() | {_LIMIT, _ID} >= set(found):
        raise arguments.fail("Unknown STATUS item.")
    return Asked(list(dict.fromkeys(found)), session.utf8, session.rules.append_limit)


def after_look(store: MailStore, place: Place, asked: Asked) -> bytes:
    """The STATUS line once foreign changes have been taken in."""
    folder = store.folder(place.name)
    folder.sync()
    return line(folder, place, asked)


def line(folder: Folder, place: Place, asked: Asked) -> bytes:
    row = folder.row_now()
    values = b" ".join(
        item + b" " + _value(folder, place, row, item, asked) for item in asked.items
    )
    return b"* STATUS %b (%b)\r\n" % (responses.mailbox(place.shown, utf8=asked.utf8), values)


def _value(folder: Folder, place: Place, row: FolderRow, item: bytes, asked: Asked) -> bytes:
    if item == _LIMIT:
        return b"%d" % asked.append_limit
    if item == _ID:
        return b"(" + place.mailbox_id(row.uidvalidity) + b")"
    return _ITEMS[item](folder, row)


def _deleted_octets(folder: Folder, row: FolderRow) -> int:
    found = folder.index.row(
        "SELECT ifnull(sum(size), 0) FROM messages WHERE folder = ? AND flags & ? != 0",
        row.id, DELETED,
    )  # fmt: skip
    return int(found[0]) if found else 0


def _recent(folder: Folder, row: FolderRow) -> int:
    found = folder.index.row(
        "SELECT count(*) FROM messages WHERE folder = ? AND uid >= ?", row.id, row.recent_from
    )
    return int(found[0]) if found else 0
