"""Files of one line, of one item on each line, and of keywords: Courier's and qmail's."""

import re
from collections.abc import Iterator

_PAIR = re.compile(r"(\d{1,9})[ \t]*([wdhms]?)", re.IGNORECASE)
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1, "": 1}


def first(text: str) -> str:
    """The first line of a one-line file, without the blanks around it."""
    return text.split("\n", 1)[0].strip()


def items(text: str) -> Iterator[tuple[int, str]]:
    """Line number and text of each line that is neither blank nor a comment."""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            yield number, line


def directives(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and words of each line; `#` begins a comment anywhere.  Courier bofh."""
    for number, line in enumerate(text.split("\n"), 1):
        words = line.partition("#")[0].split()
        if words:
            yield number, words


def interval(text: str) -> tuple[int, str]:
    """Seconds of Courier's `1w2d`, and what follows the part that was understood.

    A number without a unit is seconds.  Courier stops at the first character it does not
    know and takes what it has.
    """
    total, at = 0, 0
    text = text.strip()
    while pair := _PAIR.match(text, at):
        total += int(pair[1]) * _SECONDS[pair[2].lower()]
        at = re.compile(r"[ \t]*").match(text, pair.end()).end()  # type: ignore[union-attr]
    return total, text[at:]
