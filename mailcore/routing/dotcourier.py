"""Delivery instructions: what `.courier` (and `.qmail`) files say.  Courier dot-courier(5).

Which file speaks for an extension, and text → instructions; nothing here touches a file.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from mailcore.envelope import Path
from mailcore.errors import GrammarError
from mailcore.message import address_list

LONGEST = 65_536  # octets of a file
MOST_LINES = 2_000
MOST_ADDRESSES = 1_000  # of all lines together
ALIAS = "alias"  # the account whose instructions speak for whoever is nobody else
_LONGEST_EXTENSION = 200  # characters; a file name has room for no more


@dataclass(frozen=True, slots=True)
class IntoFile:
    """Put it into a Maildir or an mbox file; the path is relative to the home."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Program:
    """Run a command with the message on its standard input."""

    command: str
    line: int


@dataclass(frozen=True, slots=True)
class Dynamic:
    """Run a command whose output is more instructions."""

    command: str
    line: int


@dataclass(frozen=True, slots=True)
class Forward:
    """Send it on to these."""

    addresses: tuple[Path, ...]
    line: int


Instruction = IntoFile | Program | Dynamic | Forward


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may speak for an extension, and what `default` in its name stands for."""

    name: str
    default: str = ""


def extension(local: str, account: str, separators: str) -> str:
    """What follows the account's name in the local part of an address, separators as `-`.

    `joe+shop+2` → `shop-2` for the account `joe`; "" when nothing does.  To the account called
    `alias` all of the local part of others is an extension.
    """
    head, rest = local[: len(account)], local[len(account) :]
    if head.lower() == account.lower() and (not rest or rest[0] in separators):
        written = rest[1:]
    else:
        written = local if account.lower() == ALIAS else ""
    return "".join("-" if letter in separators else letter for letter in written)


def candidates(extension: str, word: str = "courier") -> Iterator[Candidate]:
    """The files to look for, in this order; the first that is there speaks.

    For `x-y-z`: `.courier-x-y-z`, `.courier-x-y-default`, `.courier-x-default`,
    `.courier-default`.  A dot in an extension is a colon in the name.
    """
    if not extension:
        yield Candidate(f".{word}")
        return
    if len(extension) > _LONGEST_EXTENSION or "/" in extension or "\0" in extension:
        return
    named = extension.lower().replace(".", ":")
    yield Candidate(f".{word}-{named}")
    for at in range(len(named) - 1, -1, -1):
        if named[at] == "-":
            yield Candidate(f".{word}-{named[:at]}-default", extension[at + 1 :])
    yield Candidate(f".{word}-default", extension)


def parse(text: bytes, domain: str) -> tuple[Instruction, ...]:
    """The instructions of a file, in order; none when it has only comments.

    Addresses without a domain are in `domain`.  Raises GrammarError, which says the line.
    """
    if len(text) > LONGEST:
        raise GrammarError(f"longer than {LONGEST} octets")
    lines = text.split(b"\n")
    if len(lines) > MOST_LINES:
        raise GrammarError(f"more than {MOST_LINES} lines")
    found: list[Instruction] = []
    addresses = 0
    for number, line in _logical(lines):
        instruction = _instruction(number, line, domain)
        if isinstance(instruction, Forward):
            addresses += len(instruction.addresses)
            if addresses > MOST_ADDRESSES:
                raise GrammarError(f"line {number}: more than {MOST_ADDRESSES} addresses")
        found.append(instruction)
    return tuple(found)


def _logical(lines: list[bytes]) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their numbers; a list of addresses may go on after `\\`."""
    pieces: list[str] = []
    began = 0
    for number, raw in enumerate(lines, 1):
        line = _text(number, raw)
        if not pieces:
            if not line or line.startswith("#"):
                continue
            if line[0] in "/.|":
                yield number, line
                continue
            began = number
        pieces.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield began, " ".join(pieces)
            pieces = []
    if pieces:
        yield began, " ".join(pieces)


def _text(number: int, raw: bytes) -> str:
    try:
        line = raw.decode().strip()
    except UnicodeDecodeError:
        raise GrammarError(f"line {number}: not UTF-8") from None
    if any(ord(letter) < 32 and letter != "\t" for letter in line):
        raise GrammarError(f"line {number}: control characters")
    return line


def _instruction(number: int, line: str, domain: str) -> Instruction:
    if not line.strip():
        raise GrammarError(f"line {number}: no address")
    if line[0] in "/.":
        return IntoFile(line.removesuffix("/") or "/", number)
    if line[0] != "|":
        return Forward(_addresses(number, line, domain), number)
    kind, command = (Dynamic, line[2:]) if line.startswith("||") else (Program, line[1:])
    if not command.strip():
        raise GrammarError(f"line {number}: no command after {line}")
    return kind(command.strip(), number)


def _addresses(number: int, line: str, domain: str) -> tuple[Path, ...]:
    """Whom a line names: addresses as in a header, the first may have `&` or `!` before it."""
    listed = line[1:] if line[0] in "&!" else line
    found = dict.fromkeys(address(number, each, domain) for each in address_list.mailboxes(listed))
    if not found:
        raise GrammarError(f"line {number}: no address")
    return tuple(found)


def address(number: int, box: address_list.Mailbox, domain: str) -> Path:
    """One address as it was listed; a bare word is a user of `domain`.

    Raises GrammarError, also for what would be understood by half: `<joe>@far.example`.
    """
    shown = (box.name or box.address)[:80]
    if "@" not in box.name:
        with contextlib.suppress(GrammarError):
            return Path.of(box.address if box.domain else f"{box.address}@{domain}")
    raise GrammarError(f"line {number}: {shown!r} is not an address")
