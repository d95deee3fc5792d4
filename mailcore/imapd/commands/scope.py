"""Which mailboxes are meant: `inboxes`, `subtree x`, `mailboxes (a b)` …  RFC 5465 §6, RFC 7377."""

from dataclasses import dataclass

from mailcore.mailbox.store import MailStore
from mailcore.maildir.folders import canonical
from mailcore.protocol.imap.lexer import Arguments

_MOST_NAMES = 200
_WITH_NAMES = {b"SUBTREE": "subtrees", b"SUBTREE-ONE": "one_below", b"MAILBOXES": "mailboxes"}


@dataclass(frozen=True, slots=True)
class Scope:
    """`one_below`: these and those just below them; names as sent."""

    selected: bool = False
    inboxes: bool = False
    personal: bool = False
    subscribed: bool = False
    subtrees: tuple[str, ...] = ()
    one_below: tuple[str, ...] = ()
    mailboxes: tuple[str, ...] = ()


def parse(arguments: Arguments) -> Scope:
    """`(personal subtree ("a" "b"))`"""
    simple: set[str] = set()
    lists: dict[str, list[str]] = {name: [] for name in _WITH_NAMES.values()}
    arguments.open()
    while True:
        word = arguments.keyword()
        if word in _WITH_NAMES:
            arguments.space()
            lists[_WITH_NAMES[word]] += mailboxes(arguments)
        elif word in (b"SELECTED", b"INBOXES", b"PERSONAL", b"SUBSCRIBED"):
            simple.add(word.decode().lower())
        elif word == b"SELECTED-DELAYED":
            simple.add("selected")
        else:
            raise arguments.fail("Unknown set of mailboxes.")
        if sum(map(len, lists.values())) > _MOST_NAMES:
            raise arguments.fail("Too many mailboxes.")
        if not arguments.skip(b" "):
            break
    arguments.close()
    return Scope(
        selected="selected" in simple,
        inboxes="inboxes" in simple,
        personal="personal" in simple,
        subscribed="subscribed" in simple,
        **{name: tuple(found) for name, found in lists.items()},
    )


def mailboxes(arguments: Arguments) -> list[str]:
    """One name, or several in parentheses."""
    if arguments.peek() != b"(":
        return [arguments.mailbox()]
    arguments.open()
    found = [arguments.mailbox()]
    while arguments.skip(b" "):
        found.append(arguments.mailbox())
        if len(found) > _MOST_NAMES:
            raise arguments.fail("Too many mailboxes.")
    arguments.close()
    return found


def names(store: MailStore, places: Scope, selected: str) -> list[str]:
    """The existing mailboxes that are meant, each once.

    Mail comes into INBOX and wherever filters put it, so `inboxes` are all personal ones.
    """
    existing = store.names()
    if places.personal or places.inboxes:
        return existing
    wanted = set(store.subscribed()) if places.subscribed else set()
    if places.selected:
        wanted.add(selected)
    wanted.update(map(canonical, places.mailboxes))
    roots = tuple(map(canonical, places.subtrees))
    tops = tuple(map(canonical, places.one_below))
    return [
        name
        for name in existing
        if name in wanted
        or any(_is_below(name, root) for root in roots)
        or any(name == top or (name.rpartition(".")[0] == top) for top in tops)
    ]


def _is_below(name: str, root: str) -> bool:
    return name == root or name.startswith(root + ".")
