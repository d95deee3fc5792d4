"""The event stream's process: listeners → streams, until it is told to stop."""

import asyncio
import socket
from collections.abc import Mapping

from mailcore import log
from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.bus.subscribe import MailboxFeed
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment
from mailcore.eventsd.stream import Stream
from mailcore.server import listener, threads
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Sessions

NAMES = ("events",)
MOST_STREAMS = 20_000
MOST_PER_ADDRESS = 500

_log = log.get("eventsd")


def serve(sockets: Mapping[str, list[socket.socket]]) -> None:
    """Serve streams on the listening sockets called events; blocks until SIGTERM has drained."""
    snapshot()  # the first reading of the settings waits for the database: not on the loop
    listener.run(_main(sockets))


async def _main(sockets: Mapping[str, list[socket.socket]]) -> None:
    server = Server()
    await server.start(sockets)
    await server.sessions.until_stopped(server.servers)
    await server.stop()


class Server:
    """One process's streams."""

    def __init__(self) -> None:
        where = deployment()
        self.feed = MailboxFeed(where.redis_url)
        self.sessions = Sessions()
        self.limits = ConnectionLimits(MOST_STREAMS, MOST_PER_ADDRESS)
        self.secret = where.secret
        self.servers: list[asyncio.AbstractServer] = []

    async def start(self, sockets: Mapping[str, list[socket.socket]]) -> None:
        """Begin to accept connections."""
        await self.feed.start()
        loop = asyncio.get_running_loop()
        for many in sockets.values():
            for one in many:
                self.servers.append(await loop.create_server(self._stream, sock=one))
        _log.info("server.ready", listeners=sorted(sockets))

    async def stop(self) -> None:
        """Give everything back; the streams have ended by now."""
        for server in self.servers:
            server.close()
        await self.feed.stop()
        threads.close_all()

    def _stream(self) -> Stream:
        return Stream(self.feed, account, self.sessions, self.limits, self.secret)


async def account(address: str) -> AccountValue | None:
    """From the cache, or from the database in a thread."""
    known = directory.cached_account(address)
    if known is directory.UNKNOWN:
        return await threads.database.run(directory.account, address)
    assert not isinstance(known, directory.Unknown)  # said above, for the type checker
    return known
