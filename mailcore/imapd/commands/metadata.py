"""GETMETADATA and SETMETADATA, of a mailbox or, with an empty name, of the server.  RFC 5464."""

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass

from mailcore.imapd import places
from mailcore.imapd.refusal import Bad, No
from mailcore.imapd.session import Session
from mailcore.mailbox import annotations, rights
from mailcore.mailbox.annotations import Limits, Values
from mailcore.mailbox.places import Place
from mailcore.mailbox.refusals import TooLong, TooMany
from mailcore.mailbox.store import MailStore
from mailcore.maildir import metadata
from mailcore.protocol.imap import responses
from mailcore.protocol.imap.lexer import Arguments

_MOST_ENTRIES = 100
_INFINITY = 1000


@dataclass(slots=True)
class _Options:
    """How long a value may be to be sent (None: any length), and how far below an entry to look."""

    longest: int | None = None
    depth: int = 0


def run_get(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    options = _Options()
    if arguments.peek() == b"(":
        options = _options(arguments)
        arguments.space()
    name = _name(session, arguments)
    arguments.space()
    entries = entries_in(arguments)
    if arguments.skip(b" "):
        options = _options(arguments)
    arguments.end()
    return _get(session, tag, name, entries, options)


def run_set(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    name = _name(session, arguments)
    arguments.space()
    changes: dict[str, bytes | None] = {}
    arguments.open()
    while True:
        entry = annotations.entry_name(arguments.astring())
        arguments.space()
        changes[entry] = _value(arguments)
        if len(changes) > _MOST_ENTRIES:
            raise arguments.fail("Too many entries.")
        if not arguments.skip(b" "):
            break
    arguments.close()
    arguments.end()
    return _set(session, tag, name, changes)


def entries_in(arguments: Arguments) -> list[str]:
    """One entry, or several in parentheses."""
    if arguments.peek() != b"(":
        return [annotations.entry_name(arguments.astring())]
    arguments.open()
    found = [annotations.entry_name(arguments.astring())]
    while arguments.skip(b" "):
        found.append(annotations.entry_name(arguments.astring()))
        if len(found) > _MOST_ENTRIES:
            raise arguments.fail("Too many entries.")
    arguments.close()
    return found


def _options(arguments: Arguments) -> _Options:
    """`(MAXSIZE 1024 DEPTH infinity)`"""
    options = _Options()
    arguments.open()
    while True:
        word = arguments.keyword()
        arguments.space()
        if word == b"MAXSIZE":
            options.longest = arguments.number()
        elif word == b"DEPTH":
            depth = arguments.keyword()
            if depth not in (b"0", b"1", b"INFINITY"):
                raise arguments.fail("The depth is 0, 1 or infinity.")
            options.depth = _INFINITY if depth == b"INFINITY" else int(depth)
        else:
            raise arguments.fail("Unknown option.")
        if not arguments.skip(b" "):
            break
    arguments.close()
    return options


def _value(arguments: Arguments) -> bytes | None:
    if arguments.peek() in (b"~", b"{"):
        return arguments.literal8()[0]
    if arguments.peek() == b'"':
        return arguments.string()
    if arguments.keyword() != b"NIL":
        raise arguments.fail("A value is a string or NIL.")
    return None


def _name(session: Session, arguments: Arguments) -> str:
    name = arguments.mailbox()
    if not session.offers("METADATA") and (name or not session.offers("METADATA-SERVER")):
        raise Bad("Unknown command.")
    return name


async def _get(
    session: Session, tag: bytes, name: str, entries: list[str], options: _Options
) -> None:
    if name:
        place = await places.find(session, name)
        have = await places.run(session, place, lambda store: read(store, place))
        shown = responses.mailbox(place.shown, utf8=session.utf8)
    else:
        have = await session.in_thread(lambda store: _of_server(session, store))
        shown = b'""'
    found: dict[str, bytes | None] = {}
    for entry in entries:
        found |= annotations.wanted(have, entry, options.depth)
    text = b"GETMETADATA completed."
    if options.longest is not None:
        sizes = [len(value) for value in found.values() if value is not None]
        longer = [size for size in sizes if size > options.longest]
        found = {
            entry: value
            for entry, value in found.items()
            if value is None or len(value) <= options.longest
        }
        if longer:
            text = b"[METADATA LONGENTRIES %d] GETMETADATA completed." % max(longer)
    if found:
        session.send(response(shown, found))
    session.complete(tag, text)


def read(store: MailStore, place: Place) -> Mapping[str, bytes]:
    """The annotations that the session may see of a mailbox it may read."""
    places.require(store, place, rights.READ)
    return annotations.mine(metadata.read(store.path(place.name)), place.who.address)


def response(shown: bytes, found: Values) -> bytes:
    """The METADATA response, also for LIST (RFC 9590)."""
    words = [
        responses.astring(entry.encode()) + b" " + _told(value) for entry, value in found.items()
    ]
    return b"* METADATA %b (%b)\r\n" % (shown, b" ".join(words))


def _told(value: bytes | None) -> bytes:
    if value is not None and b"\0" in value:
        return responses.literal8(value)
    return responses.nstring(value)


def _of_server(session: Session, store: MailStore) -> Mapping[str, bytes]:
    """What the administrator says in the settings, and what the user noted for themselves."""
    told = {
        "/shared/admin": session.rules.metadata_admin,
        "/shared/comment": session.rules.metadata_comment,
    }
    noted = annotations.mine(
        metadata.read(store.maildir, metadata.SERVER_FILE), session.user.address
    )
    return {**noted, **{entry: text.encode() for entry, text in told.items() if text}}


async def _set(session: Session, tag: bytes, name: str, changes: Values) -> None:
    rules = session.rules
    limits = Limits(rules.metadata_value_limit, rules.metadata_entries)
    place = await places.find(session, name or "INBOX")

    def job(store: MailStore) -> None:
        if not name:
            if any(entry.startswith(annotations.SHARED_PREFIX) for entry in changes):
                raise No("NOPERM", "The administrator sets these.")
            file = metadata.SERVER_FILE
            annotations.change(store, store.maildir, place.who.address, changes, limits, file=file)
            return
        had = places.require(store, place, rights.READ)
        annotations.require_set(had, changes)
        folder = store.path(place.name)
        annotations.change(store, folder, place.who.address, changes, limits)

    try:
        await places.run(session, place, job)
    except TooLong as error:
        raise No(f"METADATA MAXSIZE {limits.value}", str(error)) from None
    except TooMany as error:
        raise No("METADATA TOOMANY", str(error)) from None
    session.complete(tag, b"SETMETADATA completed.")
