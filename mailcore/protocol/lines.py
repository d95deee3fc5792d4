"""Octets to lines and counted blocks, bounded; for protocols that talk in lines."""

from mailcore.errors import GrammarError


class LineTooLong(GrammarError):
    """A line exceeded the limit; it has been skipped, and the next one can be read."""


class Lines:
    """Collects what arrives and gives out whole lines; lives for one connection.

    `limit` is the longest line in octets without its line end.  LF ends a line, a CR
    before it is dropped.
    """

    __slots__ = ("_buffer", "_searched", "_skipping", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False

    def __len__(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def clear(self) -> None:
        """Forget what arrived: for the moment TLS begins.  RFC 3207 §4.2."""
        self._buffer.clear()
        self._searched = 0
        self._skipping = False

    def line(self) -> bytes | None:
        """The next line without its end, or None when none is complete.

        Raises LineTooLong once for a line over the limit, as soon as its end was seen;
        until then nothing of it is kept.
        """
        buffer = self._buffer
        at = buffer.find(b"\n", self._searched)
        if at < 0:
            if len(buffer) > self.limit + 2:
                buffer.clear()
                self._skipping = True
            self._searched = len(buffer)
            return None
        line = bytes(buffer[:at])
        del buffer[: at + 1]
        self._searched = 0
        if line.endswith(b"\r"):
            line = line[:-1]
        if self._skipping or len(line) > self.limit:
            self._skipping = False
            raise LineTooLong("line too long")
        return line

    def take(self, most: int) -> bytes:
        """Up to `most` octets of what is there, for content that is counted, not lined."""
        taken = bytes(self._buffer[:most])
        del self._buffer[:most]
        self._searched = 0
        return taken


def long_line(data: bytes, max_line: int) -> int:
    """Where the first line of more than `max_line` octets starts (its end not counted), or -1."""
    start = 0
    while start + max_line < len(data):
        # Jump as far as a legal line may reach, then back to the last line end before it.
        newline = data.rfind(b"\n", start, start + max_line + 2)
        if newline < 0:
            return start
        start = newline + 1
    return -1
