"""Alias files: `name: member, member`, as sendmail, Postfix and Courier write them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mailcore.message import address_list
from mailcore.message.address_list import Group

MOST_MEMBERS = 20_000

_NAME = re.compile(r'\s*("(?:[^"\\]|\\.)*+"|[^\s:"]+)\s*:', re.DOTALL)
_MEMBER = re.compile(
    r'(?:"(?:[^"\\]|\\.)*+"|\((?:[^()\\]|\\.)*+\)|\\.|[^,"(\\]|["(\\])*', re.DOTALL
)


class Kind(StrEnum):
    """What a member of an alias is."""

    ADDRESS = "address"
    PROGRAM = "program"
    FILE = "file"
    INCLUDE = "include"
    SPECIAL = "special"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Member:
    """`text` is an address with or without a domain, a command, or a path."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One alias, with the line it begins on.  No name: the line is no alias."""

    line: int
    name: str
    members: tuple[Member, ...] = ()
    text: str = ""


def entries(text: str) -> Iterator[Entry]:
    """Every alias of the file, lines that begin with white space belonging to the one above."""
    for number, logical in _logical(text):
        name = _NAME.match(logical)
        if name is None:
            yield Entry(number, "", text=logical[:200])
            continue
        yield Entry(number, _unquoted(name[1]), members(logical[name.end() :]), logical[:200])


def members(text: str) -> tuple[Member, ...]:
    """The members of a list, which may go over several lines."""
    found: list[Member] = []
    at = 0
    text = text.replace("\n", " ")
    while at <= len(text) and len(found) < MOST_MEMBERS:
        match = _MEMBER.match(text, at)
        end = match.end() if match else len(text)
        if one := text[at:end].strip():
            found += _member(one)
        at = end + 1
    return tuple(found)


def included(text: str) -> tuple[Member, ...]:
    """The members that an included file lists: one or more on each line."""
    found: list[Member] = []
    for line in text.split("\n"):
        if line.strip() and not line.lstrip().startswith("#"):
            found += members(line)
        if len(found) >= MOST_MEMBERS:
            break
    return tuple(found[:MOST_MEMBERS])


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations; comments and blank lines left out."""
    held: list[str] = []
    begun = 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip()
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] in " \t" and held:
            held.append(line)
            continue
        if held:
            yield begun, "\n".join(held)
        held, begun = [line], number
    if held:
        yield begun, "\n".join(held)


def _member(text: str) -> list[Member]:
    bare = _unquoted(text)
    if bare.startswith("|"):
        return [Member(Kind.PROGRAM, bare[1:].strip())]
    if bare.startswith(("/", "./", "~")):
        return [Member(Kind.FILE, bare)]
    if bare.lower().startswith(":include:"):
        return [Member(Kind.INCLUDE, bare[9:].strip())]
    if re.match(r"(?::\w+:|error:|:)", bare, re.IGNORECASE):
        return [Member(Kind.SPECIAL, bare)]
    return _addresses(text.removeprefix("\\"))


def _addresses(text: str) -> list[Member]:
    found: list[Member] = []
    for entry in address_list.parse(text):
        for mailbox in entry.members if isinstance(entry, Group) else (entry,):
            address = mailbox.address
            kind = Kind.ADDRESS if address else Kind.UNREAD
            found.append(Member(kind, address or mailbox.name or text))
    return found or [Member(Kind.UNREAD, text)]


def _unquoted(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text
