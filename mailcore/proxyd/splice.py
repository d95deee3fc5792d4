"""Two connections made one: what comes from either goes to the other, as it is.

No buffer of ours and no copy: the octets the loop read are what it writes.  When one side takes
no more, reading from the other stops, so a client that doesn't read costs what fits in one
transport's buffer.
"""

import asyncio
from collections.abc import Callable

from mailcore.proxyd.speaker import Speaker

LAST_WORDS_SECONDS = 30.0  # for what is written before a close to be read


class _End(asyncio.Protocol):
    """Hears one transport, speaks to the other."""

    __slots__ = ("other", "splice")

    def __init__(self, splice: "Splice", other: asyncio.Transport) -> None:
        self.splice = splice
        self.other = other

    def data_received(self, data: bytes) -> None:
        self.other.write(data)

    def eof_received(self) -> bool:
        if not self.other.can_write_eof():
            self.splice.drain()
            return False
        self.other.write_eof()
        return True

    def pause_writing(self) -> None:
        if not self.other.is_closing():
            self.other.pause_reading()

    def resume_writing(self) -> None:
        if not self.other.is_closing():
            self.other.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self.splice.lost()


class Splice:
    """Lives until both connections have ended; then calls `ended`.

    `unread` has been taken from the front's wire, and is the node's.
    """

    __slots__ = ("_back", "_ended", "_front", "_left", "_timer")

    def __init__(
        self, front: Speaker, back: Speaker, unread: bytes, ended: Callable[["Splice"], None]
    ) -> None:
        self._front, self._back = front.wire.transport, back.wire.transport
        self._ended = ended
        self._left = 2
        self._timer: asyncio.TimerHandle | None = None
        from_front, from_back = unread + front.wire.release(), back.wire.release()
        self._front.set_protocol(_End(self, self._back))
        self._back.set_protocol(_End(self, self._front))
        if from_front:
            self._back.write(from_front)
        if from_back:
            self._front.write(from_back)

    def lost(self) -> None:
        """One of the two is gone: the other is told what was still to be said, then goes too."""
        self._left -= 1
        if self._left:
            self.drain()
            return
        if self._timer is not None:
            self._timer.cancel()
        self._ended(self)

    def drain(self) -> None:
        """End both; who doesn't take what is left for it is cut off."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(LAST_WORDS_SECONDS, self.abort)
        self._front.close()
        self._back.close()

    def abort(self) -> None:
        for transport in (self._front, self._back):
            transport.abort()
