"""POP3 commands.  RFC 1939, RFC 2449, RFC 2595 §4, RFC 5034, RFC 6856.

Every function raises GrammarError and nothing else.
"""

import re
from dataclasses import dataclass

from mailcore.errors import GrammarError

MAX_LINE = 255  # octets, line end included; RFC 2449 §4
MAX_AUTH_LINE = 12_288

_VERB = re.compile(rb"[A-Za-z0-9]{3,8}")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Command:
    """A verb in upper case, and the rest of the line as sent."""

    verb: str
    argument: bytes


def parse(line: bytes) -> Command:
    """A command line without its line end."""
    if _CONTROL.search(line):
        raise GrammarError("Control characters in a command.")
    verb, _, argument = line.partition(b" ")
    if not _VERB.fullmatch(verb):
        raise GrammarError("Not a command.")
    return Command(verb.decode("ascii").upper(), argument)


def number(argument: bytes) -> int:
    """A message number."""
    word = argument.strip()
    if not re.fullmatch(rb"[0-9]{1,10}", word):
        raise GrammarError("A message number is expected.")
    return int(word)


def numbers(argument: bytes) -> tuple[int, int]:
    """A message number and a count of lines."""
    words = argument.split()
    if len(words) != 2:
        raise GrammarError("A message number and a count of lines are expected.")
    return number(words[0]), number(words[1])


def name(argument: bytes) -> str:
    """A user name or password: any text.  RFC 6856 §2.2 makes it UTF-8."""
    if not argument:
        raise GrammarError("An argument is expected.")
    try:
        return argument.decode("utf-8")
    except UnicodeDecodeError:
        raise GrammarError("Not UTF-8.") from None
