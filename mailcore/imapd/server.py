"""The IMAP server process: listeners → connections, until it is told to stop."""

import asyncio
import socket
import time
from collections.abc import Callable, Mapping

from mailcore import log
from mailcore.accounts.retention import keeps_expunged
from mailcore.bus.publish import announce_mailboxes
from mailcore.bus.subscribe import MailboxFeed
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment
from mailcore.imapd.announcer import Announcer
from mailcore.imapd.connection import Connection
from mailcore.imapd.context import Context, Send
from mailcore.imapd.hub import Hub
from mailcore.mailbox.stores import Stores
from mailcore.server import listener, logins, threads, tls
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Sessions

NAMES = ("imap", "imaps")
_SWEEP_SECONDS = 5.0

_log = log.get("imapd")


def serve(sockets: Mapping[str, list[socket.socket]], send: Send | None = None) -> None:
    """Serve IMAP on listening sockets named imap and imaps; blocks until SIGTERM has drained.

    `send` is how mail leaves an outbox; without it that is a folder like others.
    """
    listener.run(_main(Server(send), sockets))


async def _main(server: "Server", sockets: Mapping[str, list[socket.socket]]) -> None:
    await server.start(sockets)
    await server.until_stopped()


class Server:
    """One process's IMAP server.  Make it off the loop: it reads the settings."""

    def __init__(self, send: Send | None = None) -> None:
        where = deployment()
        self.send = send
        self.tls = tls.context_if_usable(
            where.tls_certificate,
            where.tls_key,
            authorities=snapshot().access.client_authorities,
        )
        self.sessions = Sessions()
        rules = snapshot().imap
        self.limits = ConnectionLimits(rules.max_connections, rules.max_per_address)
        self.announcer = Announcer(announce_mailboxes)
        self.stores = Stores(self.announcer.announce, keeps=keeps_expunged)
        self.feed = MailboxFeed(where.redis_url)
        self.hub = Hub(self.stores, self.feed)
        self.decoy = logins.decoy(where.secret)
        self.servers: list[asyncio.AbstractServer] = []
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, sockets: Mapping[str, list[socket.socket]]) -> None:
        """Begin to accept connections."""
        self.announcer.start()
        await self.feed.start()
        self.hub.start()
        loop = asyncio.get_running_loop()
        for name, many in sockets.items():
            implicit = name == "imaps"
            if implicit and self.tls is None:
                continue
            for one in many:
                self.servers.append(
                    await loop.create_server(
                        self._factory(secure=implicit),
                        sock=one,
                        backlog=listener.BACKLOG,
                        ssl=self.tls if implicit else None,
                    )
                )
        self._sweeper = loop.create_task(self._sweep())
        _log.info("server.ready", listeners=sorted(sockets))

    def _factory(self, *, secure: bool) -> Callable[[], Connection]:
        def make() -> Connection:
            context = Context(snapshot(), self.stores, self.hub, self.tls, self.decoy, self.send)
            return Connection(context, self.sessions, self.limits, secure=secure)

        return make

    async def _sweep(self) -> None:
        """One timer for all time-outs, and the slow look at mailboxes in IDLE."""
        last_poll = time.monotonic()
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = time.monotonic()
            for session in self.sessions.all():
                if isinstance(session, Connection):
                    session.check_time(now)
            if now - last_poll >= snapshot().imap.poll_seconds:
                last_poll = now
                self.hub.poll()

    def reload(self) -> None:
        """SIGHUP: new handshakes use the certificate as it is now."""
        where = deployment()
        authorities = snapshot().access.client_authorities
        tls.reload_if_usable(
            self.tls, where.tls_certificate, where.tls_key, authorities=authorities
        )

    async def until_stopped(self) -> None:
        await self.sessions.until_stopped(self.servers, reload=self.reload)
        await self.stop()

    async def stop(self) -> None:
        """Give everything back; the connections have ended by now."""
        for server in self.servers:
            server.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        self.hub.stop()
        await self.feed.stop()
        threads.close_all()
        self.announcer.stop()
        self.stores.close()
