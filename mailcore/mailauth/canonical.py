"""What of a message is hashed, in one form for all relays.  RFC 6376 §3.4.

Bodies are hashed as they are read: memory and time stay in proportion to a chunk and to the
body, whatever it consists of.
"""

import hashlib
import re

from mailcore.message.header import Field

SIMPLE, RELAXED = "simple", "relaxed"

_CRLF = b"\r\n"
_AT_ONCE = 32_768  # empty lines hashed in one go
_UNFOLD = re.compile(rb"\r?\n")
_SPACE = re.compile(rb"[ \t]+")


def header_field(raw: bytes, field: Field, form: str) -> bytes:
    """One field with its line end; `raw` is how it stands in the header."""
    if form == SIMPLE:
        return raw
    return relaxed_field(raw)


def relaxed_field(raw: bytes) -> bytes:
    """Name in lower case, unfolded, one space for many.  RFC 6376 §3.4.2."""
    name, _, value = raw.partition(b":")
    value = _SPACE.sub(b" ", _UNFOLD.sub(b"", value))
    return name.strip(b" \t").lower() + b":" + value.strip(b" ") + _CRLF


class BodyHash:
    """SHA-256 of a body in one of the two forms, of its first `limit` octets only if given."""

    def __init__(self, form: str, limit: int | None = None) -> None:
        self._relaxed = form == RELAXED
        self._limit = limit
        self._hash = hashlib.sha256()
        self._held = b""  # what the next chunk decides on: a space, a CR
        self._empty_lines = 0  # hashed only if something follows
        self._any = False
        self.size = 0  # octets of the whole body in this form

    @property
    def is_cut(self) -> bool:
        """Whether there is more body than was to be hashed."""
        return self._limit is not None and self.size > self._limit

    @property
    def is_short(self) -> bool:
        """Whether there is less body than was to be hashed."""
        return self._limit is not None and self.size < self._limit

    def feed(self, chunk: bytes) -> None:
        data = self._held + chunk
        self._held = b""
        if self._relaxed:
            data = _one_space(data)
            if data.endswith((b" ", b" \r")):
                end = len(data.rstrip(b" \r"))
                # Only the last of several CRs can begin a line end.
                end = max(end, len(data) - 2)
                data, self._held = data[:end], data[end:]
        if not self._held and data.endswith(b"\r"):
            data, self._held = data[:-1], b"\r"
        self._lines(data)

    def finish(self) -> bytes:
        """The hash of everything fed."""
        rest, self._held = self._held, b""
        self._lines(rest.rstrip(b" ") if self._relaxed else rest)
        if self._any or not self._relaxed:
            self._hash_some(_CRLF)
        return self._hash.digest()

    def _lines(self, data: bytes) -> None:
        """Hash data, holding empty lines back: those at the end don't count."""
        end = _without_empty_lines(data)
        if end:
            while self._empty_lines:
                some = min(self._empty_lines, _AT_ONCE)
                self._hash_some(_CRLF * some)
                self._empty_lines -= some
            self._hash_some(data[:end])
            self._any = True
        self._empty_lines += (len(data) - end) // 2

    def _hash_some(self, data: bytes) -> None:
        if self._limit is not None and self.size + len(data) > self._limit:
            self._hash.update(data[: max(0, self._limit - self.size)])
        else:
            self._hash.update(data)
        self.size += len(data)


def _one_space(data: bytes) -> bytes:
    """One space for many, none before a line end."""
    data = data.replace(b"\t", b" ")
    while b"  " in data:  # each time halves the longest run
        data = data.replace(b"  ", b" ")
    return data.replace(b" \r\n", _CRLF)


def _without_empty_lines(data: bytes) -> int:
    """Where the line ends begin that stand at the end of `data`."""
    end = len(data.rstrip(_CRLF))
    tail = data[end:]
    if tail.count(_CRLF) * 2 == len(tail):
        return end
    end = len(data)
    while data[max(0, end - 2) : end] == _CRLF:
        end -= 2
    return end
