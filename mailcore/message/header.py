"""Header fields: found, unfolded, folded.  RFC 5322 §2.2.

Line ends may be CRLF or LF (the wire and the Maildir); every function takes both.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from mailcore.message import encoded_words
from mailcore.message.limits import DEFAULT, Limits

_BLANK_LINE = re.compile(rb"\n\r?\n")
# Possessive: a name without its colon is given up at once, so a scan stays linear.
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?", re.MULTILINE)
_FOLD_AT = 76


class Field(NamedTuple):
    """One field.  `name` is lower case, `value` unfolded and stripped, still encoded.

    `start` and `end` are offsets in the header, `end` behind the field's line end.
    """

    name: bytes
    raw_name: bytes
    value: bytes
    start: int
    end: int


def split(message: bytes) -> tuple[bytes, int]:
    """The header with the line end of its last field, and where the body begins.

    A message without an empty line is all header.
    """
    if message.startswith((b"\r\n", b"\n")):
        return b"", 2 if message.startswith(b"\r") else 1
    found = _BLANK_LINE.search(message)
    if found is None:
        return message, len(message)
    return message[: found.start() + 1], found.end()


def fields(header: bytes, limits: Limits = DEFAULT) -> list[Field]:
    """The fields of a header, in order.

    Lines that are neither a field nor its continuation are passed over.  Of an oversized
    header only what is within the limits is looked at.
    """
    if len(header) > limits.header_bytes or header.count(b"\n") > limits.header_lines:
        header = _bounded(header, limits)
    found: list[Field] = []
    for match in _FIELD.finditer(header):
        name, value = match.groups()
        if b"\n" in value:
            value = value.replace(b"\r\n", b"").replace(b"\n", b"")
        found.append(Field(name.lower(), name, value.strip(), match.start(), match.end()))
    return found


def _bounded(header: bytes, limits: Limits) -> bytes:
    header = header[: limits.header_bytes]
    end = 0
    for _ in range(limits.header_lines):
        newline = header.find(b"\n", end)
        if newline < 0:
            return header
        end = newline + 1
    return header[:end]


def first(found: Iterable[Field], name: bytes) -> bytes | None:
    """The value of the first field called `name` (lower case), or None."""
    for field in found:
        if field.name == name:
            return field.value
    return None


def every(found: Iterable[Field], name: bytes) -> list[bytes]:
    """The values of all fields called `name` (lower case), in order."""
    return [field.value for field in found if field.name == name]


def decode(value: bytes, limits: Limits = DEFAULT) -> str:
    """A field's value as text: RFC 2047 decoded, bounded, never fails."""
    return encoded_words.decode(value, limits)


def encode(text: str) -> bytes:
    """Text as the value of an unstructured field; never contains a line end."""
    return encoded_words.encode(text)


def fold(name: bytes, value: bytes) -> bytes:
    """`Name: value` with CRLF, folded before white space so lines stay near 76 octets.

    Line ends and NUL in `value` become spaces: a value can't add a field.
    """
    value = re.sub(rb"[\r\n\0]+", b" ", value).strip()
    line = bytearray(name + b":")
    out = bytearray()
    for word in re.findall(rb"[ \t]*[^ \t]+", b" " + value):
        # A first word that is too long stays on the field's own line.
        if len(line) + len(word) > _FOLD_AT and len(line) > len(name) + 1:
            out += line + b"\r\n"
            line.clear()
        line += word
    return bytes(out + line + b"\r\n")
