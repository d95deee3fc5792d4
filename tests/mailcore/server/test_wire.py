"""The wire: lines, blocks, deadlines, and peers that don't read."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from mailcore.server.wire import CommandTooLong, Disconnected, TimedOut, Wire


class Ends(asyncio.Protocol):
    """Passes on what the transport says, as a session does."""

    wire: Wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.wire = Wire(asyncio.get_running_loop(), transport)

    def data_received(self, data: bytes) -> None:
        self.wire.received(data)

    def eof_received(self) -> bool:
        self.wire.ended()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.wire.lost()

    def pause_writing(self) -> None:
        self.wire.pause_writing()

    def resume_writing(self) -> None:
        self.wire.resume_writing()


Pair = tuple[Wire, asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def pair() -> AsyncIterator[Pair]:
    ends: list[Ends] = []

    def make() -> Ends:
        ends.append(Ends())
        return ends[-1]

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    while not ends or not hasattr(ends[0], "wire"):
        await asyncio.sleep(0.001)
    try:
        yield ends[0].wire, reader, writer
    finally:
        writer.close()
        ends[0].wire.abort()
        server.close()


async def test_what_is_written_is_sent_when_we_begin_to_wait() -> None:
    async with pair() as (wire, reader, writer):
        wire.write(b"one ")
        wire.write(b"two\n")
        waiting = asyncio.ensure_future(wire.line(100, 5))
        assert await reader.readline() == b"one two\n"
        writer.write(b"a\r\nb\n")
        assert await waiting == b"a\r\n"
        assert await wire.line(100, 5) == b"b\n"


async def test_long_lines_are_skipped_whole() -> None:
    async with pair() as (wire, _, writer):
        writer.write(b"x" * 500_000 + b"\nnext\n")
        with pytest.raises(CommandTooLong):
            await wire.line(100, 5)
        assert await wire.line(100, 5) == b"next\n"


async def test_a_line_that_trickles_runs_out_of_time() -> None:
    async with pair() as (wire, _, writer):
        waiting = asyncio.ensure_future(wire.line(100, 0.3))
        for _ in range(10):
            writer.write(b"x")
            await asyncio.sleep(0.05)
        with pytest.raises(TimedOut):
            await waiting


async def test_a_short_wait_after_a_long_one_ends_in_time() -> None:
    async with pair() as (wire, _, writer):
        writer.write(b"one\n")
        await wire.line(100, 600)
        with contextlib.suppress(TimedOut):
            async with asyncio.timeout(3):
                await wire.line(100, 0.1)
        assert not wire.is_waiting


async def test_blocks_are_taken_as_they_come_and_can_be_put_back() -> None:
    async with pair() as (wire, _, writer):
        writer.write(b"abcdef")
        deadline = asyncio.get_running_loop().time() + 5
        assert await wire.some(deadline, 4) == b"abcd"
        wire.put_back(b"cd")
        assert wire.has_input
        assert await wire.some(deadline) == b"cdef"


async def test_an_end_of_input_is_told_after_what_came_before() -> None:
    async with pair() as (wire, _, writer):
        writer.write(b"last\nrest")
        writer.write_eof()
        assert await wire.line(100, 5) == b"last\n"
        with pytest.raises(Disconnected):
            await wire.line(100, 5)


async def test_input_has_a_bound_while_nobody_reads() -> None:
    async with pair() as (wire, _, writer):
        writer.write(b"x" * 5_000_000)
        await asyncio.sleep(0.2)
        assert len(wire._buffer) < 1_000_000
        got, deadline = 0, asyncio.get_running_loop().time() + 10
        while got < 5_000_000:
            got += len(await wire.some(deadline))


async def test_a_peer_that_does_not_read_makes_us_wait() -> None:
    async with pair() as (wire, reader, _):
        for _ in range(200):
            wire.write(b"x" * 100_000)
        with pytest.raises(TimedOut):
            await wire.drain(0.2)
        draining = asyncio.ensure_future(wire.drain(10))
        got = 0
        while got < 20_000_000:
            got += len(await reader.read(1_000_000))
        await draining


async def test_a_lost_peer_ends_every_wait() -> None:
    async with pair() as (wire, _, writer):
        waiting = asyncio.ensure_future(wire.line(100, 5))
        await asyncio.sleep(0.01)
        writer.transport.abort()
        with pytest.raises(Disconnected):
            await waiting
