"""Tag=value lists, the form of every record and field here.  RFC 6376 §3.2."""

import base64
import binascii
import re

from mailcore.errors import GrammarError

LONGEST = 32_768  # characters of one list
_MOST = 100  # tags in one list
_TAG = re.compile(r"([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=(.*)", re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]+")


def parse(text: str) -> dict[str, str]:
    """The tags of a list and their values, stripped; names are case-sensitive.

    Raises GrammarError for what is no list, and for a tag that comes twice.
    """
    if len(text) > LONGEST:
        raise GrammarError("too long")
    found: dict[str, str] = {}
    for piece in text.split(";", _MOST):
        piece = piece.strip(" \t\r\n")
        if not piece:
            continue
        tag = _TAG.fullmatch(piece)
        if tag is None or tag[1] in found:
            raise GrammarError("not a list of tags")
        found[tag[1]] = tag[2].strip(" \t\r\n")
    return found


def solid(value: str) -> str:
    """A value without the white space that folding put into it."""
    return _SPACE.sub("", value)


def octets(value: str) -> bytes:
    """A base64 value, which may be folded anywhere.  Raises GrammarError."""
    try:
        return base64.b64decode(solid(value), validate=True)
    except (binascii.Error, ValueError):
        raise GrammarError("not base64") from None


def number(value: str) -> int:
    """Raises GrammarError unless the value is a decimal number of at most 12 digits."""
    if not (value.isascii() and value.isdigit() and len(value) <= 12):
        raise GrammarError("not a number")
    return int(value)
