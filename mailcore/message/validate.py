"""What is wrong with a message: the findings a policy may refuse it for.

Finding is not judging: whether raw 8-bit headers, bare line ends or broken MIME are
refused is the submitting side's decision (Courier esmtpd content limits).
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from mailcore.message import mime
from mailcore.protocol.lines import long_line

_BARE_CR = re.compile(rb"\r(?!\n)")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_EIGHT_BIT = re.compile(rb"[\x80-\xff]")
_ENCODINGS = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode"})
_ONCE = frozenset({b"content-type", b"content-transfer-encoding", b"mime-version"})


class Kind(StrEnum):
    """What was found."""

    RAW_EIGHT_BIT = "raw 8-bit header"
    BARE_CR = "bare CR"
    BARE_LF = "bare LF"
    NUL = "NUL"
    LONG_LINE = "line too long"
    LARGE_HEADER = "header too large"
    MANY_FIELDS = "too many header fields"
    BROKEN_MIME = "broken MIME"


class Finding(NamedTuple):
    """One thing found, where (an octet offset), and in words a sender may read."""

    kind: Kind
    text: str
    offset: int = 0


def in_header(
    header: bytes, *, smtputf8: bool = False, max_octets: int = 100_000, max_fields: int = 500
) -> list[Finding]:
    """Findings in a header block.

    Raw octets above 127 are allowed only when the peer said SMTPUTF8, and then only as
    UTF-8 (RFC 6532 §3.2).  `max_octets` and `max_fields` are Courier's header limits.
    """
    found: list[Finding] = []
    if len(header) > max_octets:
        found.append(Finding(Kind.LARGE_HEADER, "Message header size exceeds policy limit."))
    starts = header.count(b"\n") - header.count(b"\n ") - header.count(b"\n\t")
    if starts > max_fields:
        found.append(Finding(Kind.MANY_FIELDS, "Message header size exceeds policy limit."))
    if not header.isascii() and not (smtputf8 and _is_utf8(header)):
        match = _EIGHT_BIT.search(header)
        found.append(
            Finding(
                Kind.RAW_EIGHT_BIT,
                "Raw 8-bit octets in the header; they must be encoded (RFC 2047).",
                match.start() if match else 0,
            )
        )
    at = header.find(b"\0")
    if at >= 0:
        found.append(Finding(Kind.NUL, "The header contains a NUL octet.", at))
    return found


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def in_wire_form(data: bytes, *, max_line: int = 5_000) -> list[Finding]:
    """Findings in octets that must have CRLF line ends: bare CR or LF, NUL, long lines."""
    found: list[Finding] = []
    for kind, pattern in ((Kind.BARE_CR, _BARE_CR), (Kind.BARE_LF, _BARE_LF)):
        match = pattern.search(data)
        if match is not None:
            found.append(Finding(kind, f"The message contains a {kind}.", match.start()))
    at = data.find(b"\0")
    if at >= 0:
        found.append(Finding(Kind.NUL, "The message contains a NUL octet.", at))
    at = long_line(data, max_line)
    if at >= 0:
        found.append(Finding(Kind.LONG_LINE, f"A line is longer than {max_line} octets.", at))
    return found


def in_structure(root: mime.Part) -> list[Finding]:
    """Fatal MIME errors of a scanned message (Courier refuses them with 550).

    Unknown transfer encodings, doubled Content-* fields, encoded composites, missing,
    repeated or unclosed boundaries, too many or too deeply nested parts.
    """
    found = [Finding(Kind.BROKEN_MIME, f"Broken MIME: {text}.") for text in root.problems]
    for part in mime.walk(root):
        found.extend(_in_part(part))
    return found


def _in_part(part: mime.Part) -> Iterator[Finding]:
    if part.encoding not in _ENCODINGS:
        text = "Broken MIME: unknown Content-Transfer-Encoding."
        yield Finding(Kind.BROKEN_MIME, text, part.header_start)
    seen: set[bytes] = set()
    for entry in part.fields:
        if entry.name in _ONCE:
            if entry.name in seen:
                text = f"Broken MIME: more than one {entry.name.decode('ascii').title()}."
                yield Finding(Kind.BROKEN_MIME, text, part.header_start + entry.start)
            seen.add(entry.name)
