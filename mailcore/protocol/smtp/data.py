"""Message content as SMTP carries it: dot-stuffed lines, or counted chunks.

Only CR LF . CR LF ends DATA, whatever else is sent (RFC 5321 §4.1.1.4); bare CR and bare LF,
NUL and overlong lines are noted, and reading goes on, so a refusal leaves the connection in
step and smuggled commands are swallowed as the content they were sent as.
"""

from enum import StrEnum

from mailcore.protocol.lines import long_line

_END = b"\r\n.\r\n"


class Problem(StrEnum):
    """Why content can't be accepted; the first one found counts."""

    TOO_BIG = "too big"
    BARE_LINE_END = "bare CR or LF"
    NUL = "NUL"
    LONG_LINE = "line too long"


class _Content:
    """What both forms share: counting and checking.  Lives for one message."""

    def __init__(self, size_limit: int, line_limit: int) -> None:
        self.size = 0
        self.problem: Problem | None = None
        self._size_limit = size_limit
        self._line_limit = line_limit

    def _count(self, data: bytes) -> bytes:
        """What may be kept of octets that needn't be lines."""
        self.size += len(data)
        if self._size_limit and self.size > self._size_limit:
            self.problem = Problem.TOO_BIG
        return b"" if self.problem is not None else data

    def _check(self, lines: bytes) -> bytes:
        """Note what is wrong with these whole lines; nothing of a refused message is kept."""
        self.size += len(lines)
        if self.problem is not None:
            return b""
        if self._size_limit and self.size > self._size_limit:
            self.problem = Problem.TOO_BIG
        elif not lines.count(b"\n") == lines.count(b"\r") == lines.count(b"\r\n"):
            self.problem = Problem.BARE_LINE_END
        elif b"\0" in lines:
            self.problem = Problem.NUL
        elif len(lines) > self._line_limit and long_line(lines, self._line_limit) >= 0:
            self.problem = Problem.LONG_LINE
        else:
            return lines
        return b""

    def _shortened(self, held: bytes) -> bytes:
        """An unfinished line that is too long already is not collected any further."""
        if len(held) <= self._line_limit + 2:
            return held
        self.problem = self.problem or Problem.LONG_LINE
        self.size += len(held) - 4
        if self._size_limit and self.size > self._size_limit:
            self.problem = Problem.TOO_BIG
        return held[-4:]


class DataReader(_Content):
    """Undoes dot-stuffing and finds the end of DATA, however the octets arrive.

    `feed` returns what can be stored; once `done`, `rest` is what followed the end.
    Limits are in octets; `size_limit` 0 is none.
    """

    def __init__(self, size_limit: int = 0, line_limit: int = 5_000) -> None:
        super().__init__(size_limit, line_limit)
        self.done = False
        self.rest = b""
        self._held = b"\r\n"  # the line end before the first line; always starts a line
        self._first = True

    def feed(self, chunk: bytes) -> bytes:
        data = self._held + chunk
        # The end may begin in what was held back, nowhere earlier.
        end = data.find(_END)
        if end >= 0:
            self.done = True
            self.rest = data[end + 5 :]
            lines = data[: end + 2]
        else:
            end = data.rfind(b"\r\n")
            if end < 0:  # only after an overlong line was cut
                self._held = self._shortened(data)
                return b""
            lines = data[:end]
            self._held = self._shortened(data[end:])
        if b"\r\n." in lines:
            lines = lines.replace(b"\r\n.", b"\r\n")
        if self._first and lines:
            self._first = False
            lines = lines[2:]
        return self._check(lines)


class ChunkReader(_Content):
    """Checks the content of BDAT chunks; a line may continue in the next chunk.

    RFC 3030 §2: without BINARYMIME the chunks together are lines; `binary` content is only
    counted.
    """

    def __init__(
        self, size_limit: int = 0, line_limit: int = 5_000, *, binary: bool = False
    ) -> None:
        super().__init__(size_limit, line_limit)
        self._binary = binary
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        if self._binary:
            return self._count(chunk)
        data = self._held + chunk
        end = data.rfind(b"\n") + 1
        self._held = self._shortened(data[end:])
        return self._check(data[:end])

    def finish(self) -> bytes:
        """The last line, given its line end if the sender left it out."""
        held, self._held = self._held, b""
        return self._check(held + b"\r\n") if held else b""
