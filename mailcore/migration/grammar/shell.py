"""Files of NAME=value lines that a shell used to read: assignments, and nothing is ever run.

Quotes, backslashes, comments and `$NAME` are understood; a name that no earlier line sets is
empty.  Everything else a shell can do is told as unread.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_VALUE = 65_536

_UNCLOSED = "a quote is never closed: the file is not read any further"

_ASSIGNMENT = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]{0,127})=")
_BLANK = re.compile(r"(?:[ \t\r;]|\\\n)+")
_LINE = re.compile(r"[^\n]*")
_PIECE = re.compile(
    r"'(?P<single>[^']*)'"
    r'|"(?P<double>(?:[^"\\]|\\.)*+)"'
    r"|\\(?P<escaped>.)"
    r"|(?P<plain>[^\s;'\"\\|&()<>]+)",
    re.DOTALL,
)
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
_ESCAPED = re.compile(r"\\([$`\"\\\n])")


@dataclass(frozen=True, slots=True)
class Assignment:
    """`NAME=value`, with the line it begins on."""

    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is no assignment, and why."""

    line: int
    text: str
    why: str


class _Strange(Exception):
    """What follows is more than an assignment."""


def parse(
    text: str, known: Mapping[str, str] | None = None
) -> tuple[list[Assignment], list[Unread]]:
    """The assignments in order, and what else stood there.  One pass; never raises.

    `known` are variables that have a value before the first line.
    """
    variables = dict(known or {})
    found: list[Assignment] = []
    unread: list[Unread] = []
    at, line = 0, 1
    while at < len(text):
        start = at
        if text[at] == "\n":
            at += 1
        elif blank := _BLANK.match(text, at):
            at = blank.end()
        elif text[at] == "#":
            at = _end_of_line(text, at)
        else:
            at = _statement(text, at, line, variables, found, unread)
        line += text.count("\n", start, at)
    return found, unread


def _statement(
    text: str,
    at: int,
    line: int,
    variables: dict[str, str],
    found: list[Assignment],
    unread: list[Unread],
) -> int:
    """Read the assignment at `at`, or pass over the line.  Returns where to go on."""
    match = _ASSIGNMENT.match(text, at)
    try:
        if match is None:
            raise _Strange("not NAME=value")
        value, end = _word(text, match.end(), variables)
    except _Strange as strange:
        end = _end_of_line(text, at)
        unread.append(Unread(line, text[at:end][:200], str(strange)))
        return len(text) if str(strange) == _UNCLOSED else end
    variables[match[1]] = value
    found.append(Assignment(match[1], value, line))
    return end


def _word(text: str, at: int, variables: Mapping[str, str]) -> tuple[str, int]:
    value = ""
    while at < len(text) and text[at] not in " \t\r\n;":
        piece = _PIECE.match(text, at)
        if piece is None:
            quote = text[at] in "'\""
            raise _Strange(_UNCLOSED if quote else "a command, not only a value")
        at = piece.end()
        value += _piece(piece, variables)
        if len(value) > LONGEST_VALUE:
            raise _Strange("the value is too long")
    return value, at


def _piece(piece: re.Match[str], variables: Mapping[str, str]) -> str:
    if piece["single"] is not None:
        return piece["single"]
    if piece["escaped"] is not None:
        return "" if piece["escaped"] == "\n" else piece["escaped"]
    if piece["plain"] is not None:
        return _expanded(piece["plain"], variables)
    return _ESCAPED.sub(_unescaped, _expanded(piece["double"], variables))


def _unescaped(match: re.Match[str]) -> str:
    return "" if match[1] == "\n" else match[1]


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    """`text` with the variables it names; raises _Strange for what only a shell can tell."""
    if "`" in text or "$(" in text:
        raise _Strange("a command would have to be run")
    parts: list[str] = []
    at = length = 0
    for match in _VARIABLE.finditer(text):
        if text[match.start() - 1 : match.start()] == "\\":
            continue
        value = variables.get(match[1] or match[2], "")
        parts += [text[at : match.start()], value]
        length += match.start() - at + len(value)
        if length > LONGEST_VALUE:
            raise _Strange("the value is too long")
        at = match.end()
    return "".join([*parts, text[at:]])


def _end_of_line(text: str, at: int) -> int:
    match = _LINE.match(text, at)
    return match.end() if match else len(text)
