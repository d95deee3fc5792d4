"""One connection's octets: lines and blocks in, replies out, never without a bound in time.

A session's protocol passes on what the transport tells it (`received`, `ended`, `lost`,
`pause_writing`, `resume_writing`); the session's task reads and writes.  What is written is
sent when there is nothing left to read, so pipelined commands are answered in one packet.
"""

import asyncio

_LAST_WORDS_SECONDS = 30.0  # for what is written before a close to be read
_MOST_UNREAD = 128 * 1024  # octets we buffer before the peer has to wait


class Disconnected(Exception):
    """The peer is gone."""


class TimedOut(Exception):
    """The peer took too long."""


class CommandTooLong(Exception):
    """A line exceeded its limit; it has been skipped."""


class Wire:
    """Reads and writes for one session; lives as long as its connection."""

    __slots__ = (
        "_buffer",
        "_deadline",
        "_ended",
        "_loop",
        "_out",
        "_reading_paused",
        "_timed_out",
        "_timer",
        "_timer_at",
        "_waiter",
        "_writing_paused",
        "transport",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport) -> None:
        self._loop = loop
        self.transport = transport
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._timer_at = 0.0
        self._timed_out = False
        self._ended = False
        self._reading_paused = False
        self._writing_paused = False

    # What the protocol passes on.

    def received(self, data: bytes) -> None:
        self._buffer += data
        self._wake()
        if len(self._buffer) > _MOST_UNREAD and not self._reading_paused:
            self._reading_paused = True
            self.transport.pause_reading()

    def ended(self) -> None:
        """No more input will come."""
        self._ended = True
        self._wake()

    def lost(self) -> None:
        self._ended = True
        self._writing_paused = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wake()

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        self._wake()

    # What the session uses.

    @property
    def has_input(self) -> bool:
        return bool(self._buffer)

    @property
    def is_waiting(self) -> bool:
        """Whether the session waits for its peer right now."""
        return self._waiter is not None

    def write(self, data: bytes) -> None:
        """Send `data`, together with what else is to be said before we wait for the peer."""
        self._out.append(data)

    def flush(self) -> None:
        """Hand everything written to the transport now."""
        out = self._out
        if out:
            self.transport.write(out[0] if len(out) == 1 else b"".join(out))
            out.clear()

    def discard_input(self) -> None:
        """Forget what was received and not yet read: it came before TLS.  RFC 3207 §4.2."""
        self._buffer.clear()

    async def line(self, limit: int, seconds: float) -> bytes:
        """The next line with its line end, at most `limit` octets, within `seconds`.

        Raises CommandTooLong (once the whole line has passed), TimedOut, Disconnected.
        """
        buffer = self._buffer
        at = buffer.find(b"\n")
        too_long = False
        if at < 0:
            deadline = self._loop.time() + seconds
            while at < 0:
                if len(buffer) > limit:
                    too_long = True
                    buffer.clear()
                searched = len(buffer)
                await self._more(deadline)
                at = buffer.find(b"\n", searched)
        line = bytes(buffer[: at + 1])
        del buffer[: at + 1]
        if too_long or len(line) > limit:
            raise CommandTooLong
        return line

    async def some(self, deadline: float, most: int = 0) -> bytes:
        """What has been received, at least one octet; at most `most` when that is not 0.

        `deadline` is in the loop's time.  Raises TimedOut, Disconnected.
        """
        buffer = self._buffer
        while not buffer:
            await self._more(deadline)
        if most and len(buffer) > most:
            data = bytes(buffer[:most])
            del buffer[:most]
        else:
            data = bytes(buffer)
            buffer.clear()
        return data

    def put_back(self, data: bytes) -> None:
        """Read this again: it belongs to what comes next."""
        if data:
            self._buffer[:0] = data

    def release(self) -> bytes:
        """Send everything, and let go of the transport: what was received and not read."""
        self.flush()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._reading_paused:
            self._reading_paused = False
            self.transport.resume_reading()
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    async def drain(self, seconds: float) -> None:
        """Send everything, and wait while the peer has too much of it unread.

        Raises TimedOut, Disconnected.
        """
        self.flush()
        deadline = 0.0
        while self._writing_paused:
            if self.transport.is_closing():
                raise Disconnected
            deadline = deadline or self._loop.time() + seconds
            await self._wait(deadline)

    def close(self) -> None:
        """Say what is left to say, then end the connection; a peer that won't hear is cut off."""
        if self.transport.is_closing():
            return
        if self._writing_paused:
            self.transport.abort()
            return
        self.flush()
        self.transport.close()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(_LAST_WORDS_SECONDS, self.transport.abort)

    def abort(self) -> None:
        self.transport.abort()

    async def _more(self, deadline: float) -> None:
        """Wait for more input, after sending what the peer waits for."""
        self.flush()
        if self._writing_paused:
            await self.drain(deadline - self._loop.time())
        if self._ended:
            raise Disconnected
        if self._reading_paused:
            self._reading_paused = False
            self.transport.resume_reading()
        before = len(self._buffer)
        await self._wait(deadline)
        if len(self._buffer) == before and self._has_ended():
            raise Disconnected

    async def _wait(self, deadline: float) -> None:
        """Await the next event, but no longer than to `deadline`.

        One timer serves the whole session: it looks at the deadline when it goes off, so an
        ordinary wait sets none.
        """
        self._deadline = deadline
        if self._timer is None or deadline < self._timer_at:
            self._set_timer()
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self._timed_out:
            self._timed_out = False
            raise TimedOut

    def _has_ended(self) -> bool:
        return self._ended

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self._deadline
        wait = max(self._deadline - self._loop.time(), 0.02)
        self._timer = self._loop.call_later(wait, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline:
            self._set_timer()
            return
        self._timed_out = True
        self._wake()
