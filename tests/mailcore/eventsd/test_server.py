"""The stream over real sockets and a real Valkey."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailcore.accounts.directory import AccountValue
from mailcore.bus import channels
from mailcore.bus.subscribe import MailboxFeed
from mailcore.eventsd import token
from mailcore.eventsd.stream import Stream
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Sessions
from tests.support.valkey import Valkey

SECRET = "tests"


class Place:
    """A running server: where, and what it is made of."""

    def __init__(self, port: int, feed: MailboxFeed, sessions: Sessions, maildir: Path) -> None:
        self.port = port
        self.feed = feed
        self.sessions = sessions
        self.maildir = maildir

    async def ask(self, target: str, method: str = "GET") -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{method} {target} HTTP/1.1\r\nOrigin: http://m.example\r\n\r\n".encode())
        await writer.drain()
        self.writer = writer
        return reader

    async def change(self) -> None:
        await self.feed._redis.publish(channels.mailbox(self.maildir), b"1")


@pytest.fixture
async def place(tmp_path: Path, valkey: Valkey) -> AsyncIterator[Place]:
    maildir = tmp_path / "ada"
    value = AccountValue(
        1, "ada@example.com", "example.com", "", maildir, tmp_path, 0, 0, True, False, "", ""
    )

    async def accounts(address: str) -> AccountValue | None:
        return value if address == "ada@example.com" else None

    feed = MailboxFeed(valkey.url)
    await feed.start()
    sessions, limits = Sessions(), ConnectionLimits(10, 3)
    server = await asyncio.get_running_loop().create_server(
        lambda: Stream(feed, accounts, sessions, limits, SECRET), "127.0.0.1", 0
    )
    yield Place(server.sockets[0].getsockname()[1], feed, sessions, maildir)
    server.close()
    for session in sessions.all():
        session.abort()
    await feed.stop()


def ticket(address: str = "ada@example.com") -> str:
    return token.make(address, SECRET, time.time())


async def lines_until(reader: asyncio.StreamReader, wanted: bytes) -> bytes:
    return await asyncio.wait_for(reader.readuntil(wanted), 5)


async def test_a_change_is_told(place: Place) -> None:
    reader = await place.ask(f"/events?ticket={ticket()}")
    head = await lines_until(reader, b": ready\n\n")
    assert b"200 OK" in head
    assert b"Access-Control-Allow-Origin: http://m.example\r\n" in head
    await asyncio.sleep(0.6)  # what the beginning tells is told by now
    await place.change()
    await lines_until(reader, b"data: changed\n\n")
    assert await lines_until(reader, b"data: changed\n\n")


async def test_a_page_that_is_older_than_its_stream_is_told_to_look(place: Place) -> None:
    reader = await place.ask(f"/events?ticket={ticket()}")
    await lines_until(reader, b": ready\n\n")
    assert await lines_until(reader, b"data: changed\n\n")


async def test_a_storm_is_told_few_times(place: Place) -> None:
    reader = await place.ask(f"/events?ticket={ticket()}")
    await lines_until(reader, b": ready\n\n")
    await asyncio.sleep(0.2)
    for _ in range(200):
        await place.change()
    await asyncio.sleep(0.6)
    place.writer.close()
    place.sessions.all()[0].drain()
    assert 1 <= (await asyncio.wait_for(reader.read(), 5)).count(b"event: mailbox") <= 4


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/events", b"401"),
        ("/events?ticket=nonsense", b"401"),
        ("/other", b"404"),
        ("/healthz", b"204"),
    ],
)
async def test_nobody_else_is_told_anything(place: Place, target: str, status: bytes) -> None:
    reader = await place.ask(target)
    answer = await asyncio.wait_for(reader.read(), 5)
    assert answer.split(b" ")[1] == status
    assert len(place.sessions) == 0


async def test_an_account_that_is_gone_gets_no_stream(place: Place) -> None:
    reader = await place.ask(f"/events?ticket={ticket('gone@example.com')}")
    assert b" 401 " in await asyncio.wait_for(reader.read(), 5)


async def test_only_get_is_answered(place: Place) -> None:
    reader = await place.ask("/events", "POST")
    assert b" 405 " in await asyncio.wait_for(reader.read(), 5)


async def test_an_endless_head_is_cut_off(place: Place) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(b"GET /events HTTP/1.1\r\n" + b"X: y\r\n" * 5000)
    assert b" 431 " in await asyncio.wait_for(reader.read(), 5)


async def test_one_neighbour_gets_only_so_many_streams(place: Place) -> None:
    kept = [await asyncio.open_connection("127.0.0.1", place.port) for _ in range(3)]
    reader = await place.ask("/healthz")
    assert b" 503 " in await asyncio.wait_for(reader.read(), 5)
    for _, writer in kept:
        writer.close()
