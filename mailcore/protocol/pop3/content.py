"""Messages as POP3 sends them: CRLF line ends, dots stuffed, a lone dot at the end.

RFC 1939 §3.
"""

import re

END = b".\r\n"

_BLANK_LINE = re.compile(rb"\n\r?\n")


class Stuffer:
    """Turns a message that comes in chunks, with LF or CRLF line ends, into its wire form."""

    __slots__ = ("_at_line_start", "_cr")

    def __init__(self) -> None:
        self._at_line_start = True
        self._cr = False

    def feed(self, chunk: bytes) -> bytes:
        """The wire form of the next chunk."""
        if not chunk:
            return b""
        if self._cr:
            chunk = b"\r" + chunk
            self._cr = False
        if chunk.endswith(b"\r"):
            chunk, self._cr = chunk[:-1], True
        if chunk.count(b"\n") != chunk.count(b"\r\n"):
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if b"\n." in chunk:
            chunk = chunk.replace(b"\n.", b"\n..")
        if self._at_line_start and chunk.startswith(b"."):
            chunk = b"." + chunk
        if chunk:
            self._at_line_start = chunk.endswith(b"\n")
        return chunk

    def finish(self) -> bytes:
        """What ends the message, with the line end it may lack."""
        rest, self._cr = (b"\r" if self._cr else b""), False
        return rest + (END if self._at_line_start and not rest else b"\r\n" + END)


def stuffed(message: bytes) -> bytes:
    """A whole message in wire form, its end included."""
    stuffer = Stuffer()
    return stuffer.feed(message) + stuffer.finish()


def top(message: bytes, lines: int) -> bytes:
    """The header, the empty line and the first `lines` lines of the body.  RFC 1939 §7."""
    found = _BLANK_LINE.search(message)
    if message.startswith((b"\n", b"\r\n")):
        end = message.index(b"\n") + 1
    elif found is None:
        return message
    else:
        end = found.end()
    for _ in range(lines):
        newline = message.find(b"\n", end)
        if newline < 0:
            return message
        end = newline + 1
    return message[:end]
