"""SELECT and EXAMINE.  RFC 3501 §6.3.1, RFC 7162 §3.1.8, §3.2.5, RFC 9051 §6.3.2."""

from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path

from mailcore.imapd import places
from mailcore.imapd.commands import foreign, resync
from mailcore.imapd.commands.resync import Memory
from mailcore.imapd.refusal import Bad
from mailcore.imapd.session import Session
from mailcore.mailbox import flags, rendering, rights, sync
from mailcore.mailbox.changes import NEVER, View
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.places import Place
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.stores import Stores
from mailcore.protocol.imap import responses
from mailcore.protocol.imap.lexer import Arguments


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which mailbox, what the client remembers of it, and how it wants to be told."""

    name: str
    client: Memory | None
    read_only: bool
    rev2: bool
    uidonly: bool


_SYSTEM = " ".join(flags.SYSTEM).encode()
_CHANGING = frozenset("swtie")
"""Without any of these a mailbox is read-only.  RFC 4314 §5.2."""


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    return _begin(session, tag, arguments, read_only=False)


def run_examine(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    return _begin(session, tag, arguments, read_only=True)


def _begin(
    session: Session, tag: bytes, arguments: Arguments, *, read_only: bool
) -> Coroutine[object, object, None] | None:
    arguments.space()
    name = arguments.mailbox()
    client = _parameters(session, arguments) if arguments.skip(b" ") else None
    arguments.end()
    wanted = _Wanted(name, client, read_only, session.rev2, session.uidonly)
    if session.view is not None:
        session.unselect()
        session.send(b"* OK [CLOSED] The mailbox before it is closed.\r\n")
    reach = places.reach(session)
    if reach.is_own(name) and session.context.stores.has_idle(session.user.maildir):
        place = reach.place(name)
        with session.store() as store:
            had = places.require(store, place, rights.READ)
            folder = store.folder(place.name)
            row = folder.row_now()
            ready = foreign.is_fresh(folder) and not sync.is_overdue(row)
            if client is None and ready and (read_only or row.recent_from >= row.uidnext):
                _finish(session, tag, *_open(folder, place, had, wanted))
                return None
    return _in_thread(session, tag, wanted)


def _parameters(session: Session, arguments: Arguments) -> Memory | None:
    """`(CONDSTORE QRESYNC (…))`"""
    client = None
    arguments.open()
    while True:
        name = arguments.keyword()
        if name == b"CONDSTORE":
            session.enable("CONDSTORE")
        elif name == b"QRESYNC" and client is None and session.qresync:
            arguments.space()
            client = resync.memory(arguments)
            if client.pairs and session.uidonly:
                raise Bad("[UIDREQUIRED] There are no message numbers after ENABLE UIDONLY.")
        else:
            raise arguments.fail("Unknown parameter, or not enabled.")
        if not arguments.skip(b" "):
            break
    arguments.close()
    return client


async def _in_thread(session: Session, tag: bytes, wanted: _Wanted) -> None:
    place = await places.find(session, wanted.name)

    def job(store: MailStore) -> tuple[View, bytes]:
        had = places.require(store, place, rights.READ)
        folder = store.folder(place.name)
        folder.sync(thorough=True)
        return _open(folder, place, had, wanted)

    view, description = await places.run(session, place, job)
    _finish(session, tag, view, description)
    stores = session.context.stores
    session.context.hub.spawn(lambda: _render(stores, place.maildir, view.folder_id))


def _render(stores: Stores, maildir: Path, folder: int) -> None:
    """What a large folder's first SELECT did not wait for."""
    with stores.borrow(maildir) as store:
        rendering.ensure(store.index, folder)


def _open(folder: Folder, place: Place, had: frozenset[str], wanted: _Wanted) -> tuple[View, bytes]:
    """The view, and the untagged lines that describe it, and what the client missed."""
    read_only = wanted.read_only or not had & _CHANGING
    row = folder.row_now()
    recent_from = row.recent_from
    if wanted.rev2:
        recent_from = NEVER
    elif not read_only and recent_from < row.uidnext:
        recent_from = folder.claim_recent()
    with folder.index.reading():
        row = folder.row_now()
        view = View(folder, row, place, rights=had, read_only=read_only, recent_from=recent_from)
        lines = _description(folder, row, view, wanted)
        if wanted.client is not None:
            lines += resync.changes(folder, view, wanted.client, uidonly=wanted.uidonly)
        return view, lines


def _description(folder: Folder, row: FolderRow, view: View, wanted: _Wanted) -> bytes:
    keywords = sorted(
        {
            word
            for (text,) in folder.index.execute(
                "SELECT DISTINCT keywords FROM messages WHERE folder = ? AND keywords != ''",
                (row.id,),
            )
            for word in text.split()
        }
    )
    named = b" ".join([_SYSTEM, *(word.encode() for word in keywords)])
    lines = [
        b"* FLAGS (%b)" % named,
        b"* OK [PERMANENTFLAGS (%b)]" % _permanent(view, keywords),
        b"* %d EXISTS" % view.count,
    ]
    if wanted.rev2:
        lines.append(_listed(view.place.shown, wanted.name))
    else:
        lines.append(b"* %d RECENT" % view.recent())
    if row.unseen and not wanted.uidonly and not wanted.rev2:
        found = folder.index.row(
            "SELECT uid FROM messages WHERE folder = ? AND flags & 1 = 0 ORDER BY uid LIMIT 1",
            row.id,
        )
        if found is not None:
            lines.append(b"* OK [UNSEEN %d]" % (view.number(found[0]) or 1))
    lines += [
        b"* OK [UIDVALIDITY %d]" % row.uidvalidity,
        b"* OK [UIDNEXT %d]" % row.uidnext,
        b"* OK [HIGHESTMODSEQ %d]" % row.modseq,
        b"* OK [MAILBOXID (%b)]" % view.place.mailbox_id(row.uidvalidity),
        b"",
    ]
    return b"\r\n".join(lines)


def _permanent(view: View, keywords: list[str]) -> bytes:
    """The flags that the session may change.  RFC 4314 §5.1.1."""
    if view.read_only:
        return b""
    bits, words = flags.changeable(view.rights)
    named = [name for name, bit in flags.SYSTEM.items() if bits & bit]
    return " ".join([*named, *keywords, "\\*"] if words else named).encode()


def _listed(name: str, asked: str) -> bytes:
    """Where one is, by the name that the server calls it."""
    old = b""
    if asked != name:
        old = b' ("OLDNAME" (%b))' % responses.mailbox(asked, utf8=True)
    return b'* LIST () "." %b%b' % (responses.mailbox(name, utf8=True), old)


def _finish(session: Session, tag: bytes, view: View, description: bytes) -> None:
    session.select(view)
    session.send(description)
    if view.read_only:
        session.complete(tag, b"[READ-ONLY] EXAMINE completed.")
    else:
        session.complete(tag, b"[READ-WRITE] SELECT completed.")
