"""8-bit → 7-bit for peers without 8BITMIME; the MIME structure stays as it was.  RFC 6152 §3."""

import base64
import binascii

from mailcore.message import header, mime
from mailcore.message.mime import Part

_SEVEN_BIT = bytes(octet if octet < 128 else 63 for octet in range(256))
_LINE = 57  # octets that make one base64 line of 76 characters
_CTE = b"content-transfer-encoding"


def to_seven_bit(message: bytes) -> bytes:
    """The message (CRLF line ends) in ASCII: text parts quoted-printable, others base64.

    Signatures over converted parts no longer hold; that is the price of an old relay.  Octets
    that no encoding can reach, in preambles and raw headers, become question marks.
    """
    if message.isascii():
        return message
    out: list[bytes] = []
    done = 0
    for part in sorted(mime.walk(mime.scan(message)), key=lambda part: part.header_start):
        start, end, written = _edit(message, part)
        if start >= done:
            out += [message[done:start], written]
            done = end
    converted = b"".join([*out, message[done:]])
    return converted if converted.isascii() else converted.translate(_SEVEN_BIT)


def _edit(message: bytes, part: Part) -> tuple[int, int, bytes]:
    """What of the message to replace for one part, and by what."""
    block = message[part.header_start : part.body_start]
    if part.children or part.embedded is not None:
        if part.encoding in ("8bit", "binary"):
            return part.header_start, part.body_start, with_encoding(block, b"7bit", part)
        return part.header_start, part.header_start, b""
    body = message[part.body_start : part.end]
    if body.isascii():
        return part.header_start, part.header_start, b""
    if part.encoding not in ("", "7bit", "8bit", "binary"):
        body = mime.decoded(message, part)
    if part.type == "text" and b"\0" not in body:
        encoding, written = b"quoted-printable", quoted_printable(body)
    else:
        encoding, written = b"base64", base64_lines(body)
    return part.header_start, part.end, with_encoding(block, encoding, part) + written


def quoted_printable(data: bytes) -> bytes:
    """Text with CRLF line ends, soft-broken at 76.  RFC 2045 §6.7."""
    return b"\r\n".join(
        binascii.b2a_qp(line, istext=False).replace(b"=\n", b"=\r\n")
        for line in data.split(b"\r\n")
    )


def base64_lines(data: bytes) -> bytes:
    """RFC 2045 §6.8, with CRLF between lines."""
    return b"\r\n".join(
        base64.b64encode(data[at : at + _LINE]) for at in range(0, len(data), _LINE)
    )


def with_encoding(block: bytes, encoding: bytes, part: Part) -> bytes:
    """A part's header, its empty line included, saying `encoding`."""
    out: list[bytes] = []
    done = 0
    names = set()
    for field in header.fields(block):
        names.add(field.name)
        if field.name == _CTE:
            out.append(block[done : field.start])
            done = field.end
    out.append(block[done:])
    bare = b"".join(out)
    added = b"Content-Transfer-Encoding: " + encoding + b"\r\n"
    if part.header_start == 0 and b"mime-version" not in names:
        added = b"MIME-Version: 1.0\r\n" + added
    if part.header_start == 0 and b"content-type" not in names:
        added += b"Content-Type: text/plain; charset=unknown-8bit\r\n"
    fields = bare[:-2] if bare.endswith(b"\r\n\r\n") or bare == b"\r\n" else bare
    return fields + added + b"\r\n"
