"""LIST, plain and extended.  RFC 3501 §6.3.8, RFC 5258, RFC 5819, RFC 6154, RFC 8440, RFC 9590."""

from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field

from mailcore.errors import GrammarError
from mailcore.imapd import places
from mailcore.imapd.commands import metadata, status
from mailcore.imapd.commands.listed import Extras, Teller, shared_if_asked
from mailcore.imapd.commands.pattern import MAX_LENGTH, matches
from mailcore.imapd.commands.status import Asked
from mailcore.imapd.session import Session
from mailcore.mailbox.places import Reach
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.stores import Stores
from mailcore.protocol.imap import mailbox_name, responses
from mailcore.protocol.imap.lexer import Arguments

_MOST_PATTERNS = 50
_SELECTIONS = frozenset((b"SUBSCRIBED", b"REMOTE", b"RECURSIVEMATCH", b"SPECIAL-USE"))
_RETURNS = frozenset((b"SUBSCRIBED", b"CHILDREN", b"SPECIAL-USE", b"MYRIGHTS"))


@dataclass(slots=True)
class Wanted:
    """A parsed LIST."""

    patterns: list[str] = field(default_factory=list)
    selections: set[bytes] = field(default_factory=set)
    returns: set[bytes] = field(default_factory=set)
    status: Asked | None = None
    entries: list[str] = field(default_factory=list)
    root: bool = False
    utf8: bool = False


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    wanted = _parse(session, arguments)
    if wanted.root:
        session.send(b'* LIST (\\NoSelect) "." ""\r\n')
        session.complete(tag, b"LIST completed.")
        return None
    return _list(session, tag, wanted)


async def _list(session: Session, tag: bytes, wanted: Wanted) -> None:
    reach, stores = places.reach(session), session.context.stores

    def job(store: MailStore) -> bytes:
        return answer(store, stores, reach, wanted)

    session.send(await session.in_thread(job))
    session.complete(tag, b"LIST completed.")


def _parse(session: Session, arguments: Arguments) -> Wanted:
    wanted = Wanted(utf8=arguments.utf8)
    arguments.space()
    if arguments.peek() == b"(":
        wanted.selections = set(_words(arguments, _SELECTIONS))
        arguments.space()
    reference = decoded(arguments, arguments.astring())
    arguments.space()
    if arguments.peek() == b"(":
        found = _patterns(arguments)
    else:
        found = [decoded(arguments, arguments.list_pattern())]
        wanted.root = not found[0]
    if arguments.skip(b" "):
        _returns(session, arguments, wanted)
    arguments.end()
    wanted.patterns = [joined(reference, pattern) for pattern in found]
    if (
        wanted.selections <= {b"RECURSIVEMATCH", b"REMOTE"}
        and b"RECURSIVEMATCH" in wanted.selections
    ):
        raise arguments.fail("RECURSIVEMATCH needs another selection option.")
    return wanted


def decoded(arguments: Arguments, octets: bytes) -> str:
    """A name or pattern as the client writes them; what is malformed matches nothing."""
    try:
        return mailbox_name.decode(octets, utf8=arguments.utf8)
    except GrammarError:
        return octets.decode("latin-1")


def joined(reference: str, pattern: str) -> str:
    if len(reference) + len(pattern) > MAX_LENGTH:
        raise GrammarError("The pattern is too long.")
    return reference + pattern


def _patterns(arguments: Arguments) -> list[str]:
    arguments.open()
    found = [decoded(arguments, arguments.list_pattern())]
    while arguments.skip(b" "):
        found.append(decoded(arguments, arguments.list_pattern()))
        if len(found) > _MOST_PATTERNS:
            raise arguments.fail("Too many patterns.")
    arguments.close()
    return found


def _words(arguments: Arguments, known: frozenset[bytes]) -> Iterable[bytes]:
    arguments.open()
    found: list[bytes] = []
    while not arguments.skip(b")"):
        if found:
            arguments.space()
        found.append(arguments.keyword())
    arguments.depth -= 1
    if not known.issuperset(found):
        raise arguments.fail("Unknown option.")
    return found


def _returns(session: Session, arguments: Arguments, wanted: Wanted) -> None:
    if arguments.keyword() != b"RETURN":
        raise arguments.fail()
    arguments.space()
    arguments.open()
    first = True
    while not arguments.skip(b")"):
        if not first:
            arguments.space()
        first = False
        option = arguments.keyword()
        if option == b"STATUS":
            arguments.space()
            wanted.status = status.asked_in(session, arguments)
        elif option == b"METADATA" and session.offers("LIST-METADATA"):
            arguments.space()
            wanted.entries = metadata.entries_in(arguments)
        elif option in _RETURNS:
            wanted.returns.add(option)
        else:
            raise arguments.fail("Unknown return option.")
    arguments.depth -= 1


def answer(store: MailStore, stores: Stores, reach: Reach, wanted: Wanted) -> bytes:
    """All the lines of the response."""
    shared = shared_if_asked(reach, stores, wanted.patterns)
    existing = set(store.names()) | set(shared)
    uses = store.special_uses()
    needs_subscriptions = b"SUBSCRIBED" in wanted.selections | wanted.returns
    subscribed = store.subscribed() if needs_subscriptions else set()
    names = existing | with_parents(existing)
    if b"SUBSCRIBED" in wanted.selections:
        names = subscribed | (with_parents(subscribed) if _recursive(wanted) else set())
    myrights = b"MYRIGHTS" in wanted.returns
    extras = Extras(wanted.status, myrights, wanted.entries, wanted.utf8)
    teller = Teller(store, stores, reach, shared, extras)
    lines = []
    for name in sorted(names, key=lambda name: (name != "INBOX", name)):
        if not any(matches(pattern, name) for pattern in wanted.patterns):
            continue
        line = _line(name, uses.get(name), existing, subscribed, wanted)
        if line is None:
            continue
        lines.append(line)
        if name in existing:
            lines += teller.lines(name)
    return b"".join(lines)


def _recursive(wanted: Wanted) -> bool:
    return b"RECURSIVEMATCH" in wanted.selections


def with_parents(names: Iterable[str]) -> set[str]:
    """The names above these, which may not exist themselves."""
    found = set()
    for name in names:
        while "." in name:
            name = name.rpartition(".")[0]
            found.add(name)
    return found


def _line(
    name: str, use: str | None, existing: set[str], subscribed: set[str], wanted: Wanted
) -> bytes | None:
    attributes = []
    below = name + "."
    if name not in existing:
        attributes.append("\\NonExistent")
    has_children = any(other.startswith(below) for other in existing)
    attributes.append("\\HasChildren" if has_children else "\\HasNoChildren")
    if name in subscribed:
        attributes.append("\\Subscribed")
    if use and name in existing:
        attributes.append(use)
    extra = b""
    if b"SPECIAL-USE" in wanted.selections and not (use and name in existing):
        return None
    if b"SUBSCRIBED" in wanted.selections and name not in subscribed:
        extra = b' ("CHILDINFO" ("SUBSCRIBED"))'
    return line_of(b"LIST", attributes, name, extra, utf8=wanted.utf8)


def line_of(
    verb: bytes, attributes: list[str], name: str, extra: bytes = b"", *, utf8: bool
) -> bytes:
    shown = responses.mailbox(name, utf8=utf8)
    if b"&" in shown and not shown.startswith(b'"'):
        shown = b'"' + shown + b'"'
    return b'* %b (%b) "." %b%b\r\n' % (verb, " ".join(attributes).encode(), shown, extra)
