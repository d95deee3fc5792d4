"""Plain-text mail as values a template can print: links found, quotes folded.

Nothing here makes markup, so nothing here can be injected: the template escapes each piece.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

LONGEST = 400_000
_LINK = re.compile(
    r"\b(?:https?://|mailto:|www\.)[^\s<>\"'`{}|\\^\u0000-\u0020\u2028\u2029]{2,2000}", re.I
)
_ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62}\.){1,8}[a-z]{2,24}\b", re.I
)
_TRAILING = ".,;:!?]>*_"
_QUOTE = re.compile(r"((?:> ?){1,30})")
_ATTRIBUTION = re.compile(r".{4,300}(?:wrote|writes|schrieb|a écrit|escribió|ha scritto)\s*:\s*$")
SIGNATURE = "-- "


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text; with `href` it is a link."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one kind: "text", "quote" or "signature"."""

    kind: str
    lines: tuple[tuple[Piece, ...], ...]
    depth: int = 0


def blocks(text: str) -> list[Block]:
    """The text in stretches of own words, quotes and signature."""
    found: list[tuple[str, int, list[str]]] = []
    kind = "text"
    for line in text[:LONGEST].split("\n"):
        if line.startswith(">"):
            kind = "quote"
        elif line == SIGNATURE:
            kind = "signature"
        elif kind != "signature":
            kind = "text"
        if found and found[-1][0] == kind:
            found[-1][2].append(line)
        else:
            found.append((kind, _depth(line) if kind == "quote" else 0, [line]))
    _adopt_attributions(found)
    made = (
        Block(kind, tuple(tuple(pieces(_unquoted(line, kind))) for line in lines), depth)
        for kind, depth, lines in found
    )
    return [block for block in made if any(line for line in block.lines)]


def pieces(line: str) -> Iterator[Piece]:
    """A line cut at its links.  Only http, https and mailto become links."""
    at = 0
    for found in _links(line):
        start, end, href = found
        if start < at:
            continue
        if start > at:
            yield Piece(line[at:start])
        yield Piece(line[start:end], href)
        at = end
    if at < len(line):
        yield Piece(line[at:])


def _links(line: str) -> list[tuple[int, int, str]]:
    found = []
    if "://" in line or "www." in line.lower() or "mailto:" in line.lower():
        for match in _LINK.finditer(line):
            text = _without_trailing(match[0])
            href = f"https://{text}" if text.lower().startswith("www.") else text
            found.append((match.start(), match.start() + len(text), href))
    if "@" in line:
        for match in _ADDRESS.finditer(line):
            if not any(start <= match.start() < end for start, end, _ in found):
                found.append((match.start(), match.end(), f"mailto:{match[0]}"))
    return sorted(found)


def _without_trailing(text: str) -> str:
    """Punctuation after a link is the sentence's; so is a bracket that opened before it."""
    while text:
        last = text[-1]
        unopened = last == ")" and text.count(")") > text.count("(")
        if not unopened and last not in _TRAILING:
            break
        text = text[:-1]
    return text


def _depth(line: str) -> int:
    found = _QUOTE.match(line)
    return min(9, found[1].count(">")) if found else 0


def _unquoted(line: str, kind: str) -> str:
    if kind != "quote":
        return line
    return line[2:] if line.startswith("> ") else line[1:]


def _adopt_attributions(found: list[tuple[str, int, list[str]]]) -> None:
    """The line "… wrote:" before a quote is folded with it."""
    for (kind, _, lines), (following, _, quoted) in pairwise(found):
        if kind == "quote" or following != "quote":
            continue
        while lines and not lines[-1].strip():
            lines.pop()
        if lines and _ATTRIBUTION.match(lines[-1][:320]):
            quoted.insert(0, "> " + lines.pop())
