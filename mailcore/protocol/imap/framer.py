"""Bytes → commands: lines, literals, and how much of each a peer may send.

RFC 3501 §4.3, RFC 7888.  Sans-IO.  The framer never holds more than its limits allow: what is
too long is read past, not stored, and the command it belonged to is refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_LITERAL = re.compile(rb"\{(\d{1,20})(\+?)\}\r?\Z")
_TAG = re.compile(rb"([!#$&',\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]{1,100}) ")


@dataclass(frozen=True, slots=True)
class Complete:
    """One whole command without its final CRLF, literals inside as they came."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Continue:
    """The peer waits for `+` before it sends the literal; `head` is the command so far."""

    head: bytes
    size: int


@dataclass(frozen=True, slots=True)
class TooLong:
    """A command beyond the limits was thrown away; `tag` is empty when it had none."""

    tag: bytes
    literal: bool


Event = Complete | Continue | TooLong


class Framer:
    """Feed bytes, take events until None.

    `line_limit` bounds all the text of a command in octets; `literal_limit` is asked with
    the beginning of the command how many octets all its literals together may have;
    `ahead_limit` bounds each literal that is sent without waiting.
    """

    __slots__ = (
        "_buffer", "_literal_left", "_literals", "_pieces", "_scanned", "_skip_line",
        "_skip_literal", "_text", "_waiting", "ahead_limit", "line_limit", "literal_limit",
    )  # fmt: skip

    def __init__(self, line_limit: int, literal_limit: Callable[[bytes], int]) -> None:
        self.line_limit = line_limit
        self.literal_limit = literal_limit
        self.ahead_limit = 1 << 62
        self._buffer = bytearray()
        self._scanned = 0
        self._pieces: list[bytes] = []
        self._text = 0
        self._literals = 0
        self._literal_left = 0
        self._waiting = False
        self._skip_line = False
        self._skip_literal = 0

    @property
    def pending(self) -> int:
        """Octets held that are not yet part of a finished command."""
        return len(self._buffer)

    @property
    def in_command(self) -> bool:
        """Whether a command has begun to arrive."""
        return bool(self._buffer or self._pieces or self._skip_line or self._skip_literal)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def clear(self) -> None:
        """Forget what was sent ahead; STARTTLS must (RFC 3501 §6.2.1)."""
        self._buffer.clear()
        self._scanned = 0

    def rest(self) -> bytes:
        """What was sent after the last command, taken away: it is of another kind."""
        found = bytes(self._buffer)
        self.clear()
        return found

    def accept(self) -> None:
        """The `+` for the last Continue was sent: take its literal."""
        self._waiting = False

    def refuse(self) -> None:
        """The command of the last Continue was answered NO or BAD: the literal won't come."""
        self._waiting = False
        self._reset()

    def _reset(self) -> None:
        self._pieces = []
        self._text = self._literals = self._literal_left = 0

    def line(self) -> bytes | None:
        """One raw line without its end: for SASL responses and DONE.

        None when it is not there yet; one that is too long comes out truncated.
        """
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) <= self.line_limit:
                return None
            end = self.line_limit
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._scanned = 0
        return line.removesuffix(b"\r")

    def next(self) -> Event | None:
        """The next event, None when more bytes are needed."""
        while not self._waiting:
            if self._skip_literal:
                if not self._drop_literal():
                    return None
            elif self._literal_left:
                if not self._take_literal():
                    return None
            elif self._skip_line:
                if not self._drop_line():
                    return None
            else:
                event = self._take_line()
                if not isinstance(event, _More):
                    return event
        return None

    def _take_literal(self) -> bool:
        if len(self._buffer) < self._literal_left:
            return False
        self._pieces.append(bytes(self._buffer[: self._literal_left]))
        del self._buffer[: self._literal_left]
        self._literal_left = 0
        return True

    def _drop_literal(self) -> bool:
        dropped = min(self._skip_literal, len(self._buffer))
        del self._buffer[:dropped]
        self._skip_literal -= dropped
        return not self._skip_literal

    def _drop_line(self) -> bool:
        """Read past the rest of a refused command, its further non-synchronizing literals too."""
        end = self._buffer.find(b"\n")
        if end < 0:
            del self._buffer[:-64]
            return False
        found = _LITERAL.search(bytes(self._buffer[max(0, end - 32) : end]))
        del self._buffer[: end + 1]
        self._scanned = 0
        if found and found.group(2):
            self._skip_literal = int(found.group(1))
        else:
            self._skip_line = False
        return True

    def _take_line(self) -> "Event | _More | None":
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
            if self._text + self._scanned > self.line_limit:
                return self._too_long(literal=False)
            return None
        line = bytes(self._buffer[: end + 1])
        self._text += len(line)
        if self._text > self.line_limit:
            return self._too_long(literal=False)
        del self._buffer[: end + 1]
        self._scanned = 0
        if line.endswith((b"}\r\n", b"}\n")):
            found = _LITERAL.search(line[-32:].removesuffix(b"\n"))
            if found:
                return self._begin_literal(line, int(found.group(1)), bool(found.group(2)))
        self._pieces.append(line.removesuffix(b"\n").removesuffix(b"\r"))
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._reset()
        return Complete(data)

    def _begin_literal(self, line: bytes, size: int, ahead: bool) -> "Event | _More | None":
        self._pieces.append(line)
        too_eager = ahead and size > self.ahead_limit
        if too_eager or self._literals + size > self.literal_limit(self._pieces[0]):
            if ahead:
                self._skip_literal, self._skip_line = size, True
            tag = self._tag()
            self._reset()
            return TooLong(tag, literal=True)
        self._literals += size
        self._literal_left = size
        if ahead:
            return _MORE
        self._waiting = True
        return Continue(self._pieces[0], size)

    def _too_long(self, *, literal: bool) -> TooLong:
        tag = self._tag()
        self._reset()
        self._skip_line = True
        self._scanned = 0
        return TooLong(tag, literal)

    def _tag(self) -> bytes:
        head = self._pieces[0] if self._pieces else bytes(self._buffer[:101])
        found = _TAG.match(head)
        return found.group(1) if found else b""


class _More:
    """Look again: the buffer may hold the next piece already."""


_MORE = _More()
