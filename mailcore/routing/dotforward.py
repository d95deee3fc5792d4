"""Forwarding lists as sendmail has them: what a `.forward` file says.  Courier dotforward(1)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailcore.envelope import Path
from mailcore.errors import GrammarError
from mailcore.message import address_list
from mailcore.routing import dotcourier
from mailcore.routing.dotcourier import Forward, IntoFile, Program

LONGEST = 65_536  # octets of a file
MOST = 1_000  # entries
DEEPEST = 10  # lists within lists
_ENTRY = re.compile(r'(?:"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[^",\n])++')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_INCLUDE = ":include:"


@dataclass(frozen=True, slots=True)
class Include:
    """Addresses listed in another file."""

    path: str
    line: int


Entry = Forward | IntoFile | Program | Include


def parse(text: bytes, domain: str) -> tuple[Entry, ...]:
    """The entries of a list, in order.

    Addresses without a domain are in `domain`.  Raises GrammarError, which says the line.
    """
    if len(text) > LONGEST:
        raise GrammarError(f"longer than {LONGEST} octets")
    try:
        written = text.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise GrammarError("not UTF-8") from None
    found = tuple(_entry(line, entry, domain) for line, entry in _entries(written))
    if len(found) > MOST:
        raise GrammarError(f"more than {MOST} entries")
    return found


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """What stands between commas and line ends, comments left out."""
    lines = ["" if line.lstrip().startswith("#") else line for line in text.split("\n")]
    whole = "\n".join(lines)
    number, counted = 1, 0
    for found in _ENTRY.finditer(whole):
        number += whole.count("\n", counted, found.start())
        counted = found.start()
        entry = found[0].strip()
        if entry:
            yield number, entry


def _entry(line: int, entry: str, domain: str) -> Entry:
    if any(ord(letter) < 32 and letter != "\t" for letter in entry):
        raise GrammarError(f"line {line}: control characters")
    if _ESCAPED.sub("", entry).count('"') % 2:
        raise GrammarError(f"line {line}: a quote without an end")
    inner = entry
    if entry.startswith('"') and entry.endswith('"') and len(entry) > 1:
        inner = _ESCAPED.sub(r"\1", entry[1:-1]).strip()
    if inner.startswith("|"):
        if not inner[1:].strip():
            raise GrammarError(f"line {line}: no command")
        return Program(inner[1:].strip(), line)
    if inner.startswith(("/", "./")):
        return IntoFile(inner, line)
    if inner.lower().startswith(_INCLUDE):
        return Include(inner[len(_INCLUDE) :].strip(), line)
    return Forward((_address(line, entry.removeprefix("\\"), domain),), line)


def _address(line: int, entry: str, domain: str) -> Path:
    boxes = address_list.mailboxes(entry)
    if len(boxes) != 1:
        raise GrammarError(f"line {line}: {entry[:80]!r} is not an address")
    return dotcourier.address(line, boxes[0], domain)
