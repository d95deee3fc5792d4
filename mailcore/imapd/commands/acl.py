"""SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS.  RFC 4314 §3, Courier's ACL2=UNION."""

from collections.abc import Coroutine

from mailcore.imapd import places
from mailcore.imapd.session import Session
from mailcore.mailbox import access, rights
from mailcore.mailbox.access import Change
from mailcore.mailbox.places import Place
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap import responses
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.responses import astring

_LETTERS = frozenset(rights.STANDARD + "cd")
_TELLING = frozenset("lrikxa")
"""Who has one of these may be told which ones.  RFC 4314 §3.5."""


def run_set(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    name, identifier = _name_and_identifier(arguments)
    arguments.space()
    text = arguments.astring().decode("latin-1")
    arguments.end()
    sign = text[:1] if text[:1] in ("+", "-") else ""
    letters = text[len(sign) :]
    if not _LETTERS.issuperset(letters):
        raise arguments.fail("There is no such right.")
    wanted = Change(identifier, rights.parse(letters), sign)
    return _change(session, tag, name, wanted, b"SETACL completed.")


def run_delete(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None]:
    name, identifier = _name_and_identifier(arguments)
    arguments.end()
    return _change(session, tag, name, Change(identifier, rights.NONE), b"DELETEACL completed.")


def run_get(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    name = _name(arguments)
    arguments.end()
    return _get(session, tag, name)


def run_list(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    name, identifier = _name_and_identifier(arguments)
    arguments.end()
    return _list(session, tag, name, identifier)


def run_my(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    name = _name(arguments)
    arguments.end()
    return _my(session, tag, name)


def _name(arguments: Arguments) -> str:
    arguments.space()
    return arguments.mailbox()


def _name_and_identifier(arguments: Arguments) -> tuple[str, str]:
    name = _name(arguments)
    arguments.space()
    try:
        text = arguments.astring().decode("utf-8")
    except UnicodeDecodeError:
        raise arguments.fail("The identifier is not in UTF-8.") from None
    if not text.removeprefix("-"):
        raise arguments.fail("The identifier is empty.")
    return name, rights.identifier(text)


async def _change(session: Session, tag: bytes, name: str, wanted: Change, text: bytes) -> None:
    place = await places.find(session, name)

    def job(store: MailStore) -> None:
        places.require(store, place, rights.ADMINISTER)
        access.change(store, place.name, wanted, owner=place.owner)

    await places.run(session, place, job)
    session.complete(tag, text)


async def _get(session: Session, tag: bytes, name: str) -> None:
    place = await places.find(session, name)

    def job(store: MailStore) -> rights.Entries:
        places.require(store, place, rights.ADMINISTER)
        return access.entries(store.maildir, store.row(place.name).directory)

    entries = await places.run(session, place, job)
    words = [
        astring(identifier.encode()) + b" " + _told(rights.parse(letters))
        for identifier, letters in entries.items()
    ]
    session.send(b"* ACL " + b" ".join([_shown(place, utf8=session.utf8), *words]) + b"\r\n")
    session.complete(tag, b"GETACL completed.")


async def _list(session: Session, tag: bytes, name: str, identifier: str) -> None:
    """No two rights are tied to each other; what nobody can take away comes first."""
    place = await places.find(session, name)
    await places.run(session, place, lambda store: places.require(store, place, rights.ADMINISTER))
    always = rights.NONE
    if identifier in (rights.OWNER, f"user={place.owner}"):
        always = frozenset(rights.LOOKUP + rights.ADMINISTER)
    elif identifier in rights.OF_ADMINISTRATORS:
        always = rights.ALL
    optional = [letter.encode() for letter in rights.STANDARD + "cd" if letter not in always]
    words = [
        _shown(place, utf8=session.utf8),
        astring(identifier.encode()),
        _told(always),
        *optional,
    ]
    session.send(b"* LISTRIGHTS " + b" ".join(words) + b"\r\n")
    session.complete(tag, b"LISTRIGHTS completed.")


async def _my(session: Session, tag: bytes, name: str) -> None:
    place = await places.find(session, name)

    def job(store: MailStore) -> frozenset[str]:
        had = access.rights_at(store, place.name, place.who)
        if not had & _TELLING:
            access.check(had, rights.LOOKUP)
        return had

    session.send(myrights(place, await places.run(session, place, job), utf8=session.utf8))
    session.complete(tag, b"MYRIGHTS completed.")


def myrights(place: Place, had: frozenset[str], *, utf8: bool) -> bytes:
    """The MYRIGHTS response; LIST gives it too (RFC 8440)."""
    return b"* MYRIGHTS %b %b\r\n" % (_shown(place, utf8=utf8), _told(had))


def _told(had: frozenset[str]) -> bytes:
    return astring(rights.told(had).encode())


def _shown(place: Place, *, utf8: bool) -> bytes:
    return responses.mailbox(place.shown, utf8=utf8)
