"""Quoted-printable text → 8-bit text where that can be sent as it is.  Courier MIME=8bit.

The opposite of `recode`.  What is signed or encrypted, and messages within messages, stay.
"""

import re

from mailcore.message import mime
from mailcore.message.mime import Part
from mailcore.message.recode import with_encoding

LONGEST_LINE = 998  # octets without the line end; RFC 5322 §2.1.1
_UNFIT = re.compile(rb"\0|\r(?!\n)|(?<!\r)\n|[^\r\n]{%d}" % (LONGEST_LINE + 1))
_SEALED = frozenset({"signed", "encrypted"})

Edit = tuple[int, int, bytes]  # replace from here to there by this


def to_eight_bit(message: bytes) -> bytes:
    """The message (CRLF line ends) with its quoted-printable text decoded.

    Parts that say 8bit and are not say 7bit then; parts around 8-bit ones say 8bit.
    """
    edits: list[Edit] = []
    _part(message, mime.scan(message), edits)
    out: list[bytes] = []
    done = 0
    for start, end, written in sorted(edits):
        out += [message[done:start], written]
        done = end
    return b"".join([*out, message[done:]])


def _part(message: bytes, part: Part, edits: list[Edit]) -> bool:
    """Add the edits of a part; whether it has 8-bit octets afterwards."""
    body = message[part.body_start : part.end]
    if part.children and part.subtype not in _SEALED:
        inside = [_part(message, child, edits) for child in part.children]
        return _container(message, part, any(inside) or not body.isascii(), edits)
    if part.type == "text" and part.encoding == "quoted-printable":
        text = mime.decoded(message, part)
        if _UNFIT.search(text):
            return False
        edits.append((part.header_start, part.end, _header(message, part, text.isascii()) + text))
        return not text.isascii()
    if part.encoding == "8bit" and body.isascii() and not part.children:
        edits.append((part.header_start, part.body_start, _header(message, part, True)))
    return not body.isascii()


def _container(message: bytes, part: Part, eight_bit: bool, edits: list[Edit]) -> bool:
    if eight_bit != (part.encoding in ("8bit", "binary")):
        edits.append((part.header_start, part.body_start, _header(message, part, not eight_bit)))
    return eight_bit


def _header(message: bytes, part: Part, seven_bit: bool) -> bytes:
    block = message[part.header_start : part.body_start]
    return with_encoding(block, b"7bit" if seven_bit else b"8bit", part)
