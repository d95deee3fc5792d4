"""BODYSTRUCTURE and BODY as the bytes of a FETCH response.  RFC 3501 §7.4.2.

`message` has CRLF line ends, so the offsets of its parts count what IMAP counts.
"""

from collections.abc import Sequence

from mailcore.mailbox.envelope import envelope
from mailcore.message.mime import Part
from mailcore.protocol.imap.responses import string

_NIL = b"NIL"
_EMPTY = b'("text" "plain" NIL NIL NIL "7bit" 0 0)'


def bodystructure(message: bytes, part: Part) -> bytes:
    """The structure with its extension data."""
    return _structure(message, part, extended=True)


def body(message: bytes, part: Part) -> bytes:
    """The structure without extension data: FETCH BODY."""
    return _structure(message, part, extended=False)


def _structure(message: bytes, part: Part, *, extended: bool) -> bytes:
    if part.type == "multipart":
        return _multipart(message, part, extended=extended)
    return _single(message, part, extended=extended)


def _multipart(message: bytes, part: Part, *, extended: bool) -> bytes:
    """One with nothing in it cannot be said in IMAP, so it is shown with an empty text."""
    inside = b"".join(_structure(message, child, extended=extended) for child in part.children)
    written = [inside or _EMPTY, _string(part.subtype)]
    if extended:
        written += [_parameters(part.raw_parameters), *_tail(part)]
    return b"(" + b" ".join(written) + b")"


def _single(message: bytes, part: Part, *, extended: bool) -> bytes:
    size = part.end - part.body_start
    kind, subtype = part.type, part.subtype
    if kind == "message" and subtype in ("rfc822", "global") and part.embedded is None:
        kind, subtype = "application", "octet-stream"
    written = [
        _string(kind),
        _string(subtype),
        _parameters(part.raw_parameters),
        _nstring(part.id),
        _nstring(part.description),
        _string(part.encoding or "7bit"),
        b"%d" % size,
    ]
    if part.embedded is not None:
        found: dict[bytes, bytes] = {}
        for field in part.embedded.fields:
            found.setdefault(field.name, field.value)
        written += [
            envelope(found),
            _structure(message, part.embedded, extended=extended),
            b"%d" % part.lines,
        ]
    elif kind == "text":
        written.append(b"%d" % part.lines)
    if extended:
        written += [_nstring(part.md5), *_tail(part)]
    return b"(" + b" ".join(written) + b")"


def _tail(part: Part) -> list[bytes]:
    """Disposition, language, location."""
    disposition = _NIL
    if part.disposition:
        disposition = b"(%b %b)" % (
            _string(part.disposition),
            _parameters(part.raw_disposition_parameters),
        )
    return [disposition, _nstring(part.language), _nstring(part.location)]


def _parameters(pairs: Sequence[tuple[str, str]]) -> bytes:
    if not pairs:
        return _NIL
    return b"(" + b" ".join(_string(name) + b" " + _string(value) for name, value in pairs) + b")"


def _string(text: str) -> bytes:
    return string(text.encode("utf-8", "replace"))


def _nstring(value: bytes) -> bytes:
    return string(value) if value else _NIL
