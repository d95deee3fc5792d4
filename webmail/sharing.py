"""Rights in plain words: read, write, manage."""

from dataclasses import dataclass

from django.http import HttpRequest

from mailcore.conf.current import snapshot
from mailcore.mailbox import rights
from webmail.access import account_of


@dataclass(frozen=True, slots=True)
class Level:
    """One choice of the page, and the rights it stands for."""

    key: str
    label: str
    help: str
    rights: frozenset[str]


LEVELS = (
    Level("read", "Read", "Sees the messages and marks them as read.", frozenset("lrs")),
    Level(
        "write",
        "Write",
        "Also adds, stars, moves and deletes messages.",
        frozenset("lrswite"),
    ),
    Level(
        "manage",
        "Manage",
        "Also makes and deletes folders in it, and shares it with others.",
        frozenset("lrswikxtea"),
    ),
)


@dataclass(frozen=True, slots=True)
class Share:
    """One line of the page: who, and what they may do."""

    identifier: str
    who: str
    level: str


def level(key: str) -> Level | None:
    """The level of that key."""
    return next((one for one in LEVELS if one.key == key), None)


def shares(entries: rights.Entries) -> list[Share]:
    """Everybody a folder is shared with; the owner and administrators go without saying."""
    silent = {rights.OWNER, *rights.OF_ADMINISTRATORS}
    return [
        Share(identifier, _who(identifier), _words(identifier, rights.parse(letters)))
        for identifier, letters in entries.items()
        if identifier not in silent
    ]


def everybody(request: HttpRequest) -> str:
    """Whom `anyone` means."""
    if snapshot().imap.shared_across_domains:
        return "everybody on this server"
    return f"everybody at {account_of(request).domain}"


def _who(identifier: str) -> str:
    kind, _, name = identifier.removeprefix("-").partition("=")
    if kind == "user":
        return name
    if kind == "group":
        return f"group {name}"
    return "everybody" if kind in (rights.ANYONE, rights.ANONYMOUS) else identifier


def _words(identifier: str, had: frozenset[str]) -> str:
    letters = rights.told(had).rstrip("cd") if had else "nothing"
    if identifier.startswith("-"):
        return f"may not, whatever else says so: {letters}"
    same = next((one.label for one in LEVELS if one.rights == had), "")
    return same or f"Rights {letters}"
