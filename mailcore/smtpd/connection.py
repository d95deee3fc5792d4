"""One SMTP connection: who is at its other end, what it is called, TLS.

aiosmtpd gives the frame (the protocol class, its Session, the naming of commands); its
set-up, streams and command loop are replaced, because they cost more than the mail.
"""

import asyncio
import ssl
from typing import cast

from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Session as AioSession

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.errors import GrammarError
from mailcore.policy import access
from mailcore.policy.blocklist import Listing
from mailcore.policy.lookups import SOFT_ERROR, host_of, names
from mailcore.protocol.proxy import Announced
from mailcore.queue import ids
from mailcore.server import announced, threads, tls
from mailcore.server.limits import is_public
from mailcore.server.logins import PLAIN_CHANNEL, Channel
from mailcore.server.wire import Wire
from mailcore.smtpd import listeners, replies
from mailcore.smtpd.listeners import Listener
from mailcore.smtpd.service import Service
from mailcore.smtpd.transaction import Transaction

HANDSHAKE_SECONDS = 30.0
_HOST_SECONDS = 5.0  # that a message waits for its peer's name

_log = log.get("smtpd")


class SmtpConnection(SMTP):
    """The frame of a session on one of our listeners; lives as long as its connection."""

    def __init__(
        self, service: Service, listener: Listener, announced: Announced | None = None
    ) -> None:
        # Not aiosmtpd's: it inspects every method for each connection and makes streams.
        self.loop = asyncio.get_running_loop()
        self.service = service
        self.listener = listener
        self.settings = service.settings().scoped(listener.scope)
        self.announced = announced  # by a balancer, before TLS
        self.balanced = False  # the first octets are a balancer's
        self.session = AioSession(self.loop)
        self.transport: asyncio.Transport | None = None
        self.wire: Wire
        self.peer = ""
        self.access = access.STRANGER
        self.admitted = False
        self.identity: Identity | None = None
        self.helo = ""
        self.tls = ""
        self.channel: Channel = PLAIN_CHANNEL
        self.transaction: Transaction | None = None
        self.errors = 0
        self.messages = 0  # accepted in this session
        self.failed_logins = 0
        self.draining = False
        self.ended = False
        self.local_address = ""
        self.listing: Listing | None = None  # what DNS lists said, asked once
        self.tarpit = 0  # seconds the next refusal costs a stranger
        self._owed = 0
        self._id = ""
        self._host: asyncio.Task[str] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)  # uvloop's inherits nothing
        self.transport = transport
        self.wire = Wire(self.loop, transport)
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if isinstance(peer, tuple) else "127.0.0.1"
        local = transport.get_extra_info("sockname")
        self.local_address = str(local[0]) if isinstance(local, tuple) else ""
        balancers = self.settings.esmtp.proxy_from
        self.balanced = not self.listener.implicit_tls and access.listed(self.peer, balancers)
        if self.announced is not None:
            self.peer, self.local_address = self.announced.peer, self.announced.local
        self._settle(transport.get_extra_info("ssl_object"))
        if self.balanced or self._admit():
            self.service.sessions.add(self)
            self._handler_coroutine = self.loop.create_task(self._handle_client())

    def _settle(self, ssl_object: ssl.SSLObject | None) -> None:
        """Become the listener whose address this is, with its settings; know the channel."""
        lines = self.settings.access.listeners
        if lines:
            self.listener = listeners.at(self.listener, self.local_address, lines)
            self.settings = self.settings.scoped(self.listener.scope)
        self._begin_tls(ssl_object)

    def _begin_tls(self, ssl_object: ssl.SSLObject | None) -> None:
        self.tls = tls.describe(ssl_object)
        if ssl_object is not None:
            self.channel = Channel(
                bindings=tls.bindings(ssl_object),
                certified=tls.client_name(ssl_object, self.settings.access.client_name),
                me=self.settings.me,
            )

    def _admit(self) -> bool:
        """Judge the peer's address and count the connection; False: told to go."""
        esmtp = self.settings.esmtp
        records = self.settings.policy.access
        self.access = access.judge(self.peer, esmtp.relay_from, esmtp.deny_from, records)
        self.settings = self.access.over(self.settings)
        own = self.access.values.get("esmtp", {}).get("max_connections_per_address")
        self.admitted = self.service.limits.admit(self.peer, own)
        if not self.admitted:
            self.service.refusals.note(self.peer)
            self.wire.write(replies.TOO_MANY_CONNECTIONS.encode())
            self.wire.close()
        elif self.service.limits.is_tight:
            self.service.note_crowd()
        return self.admitted

    def data_received(self, data: bytes) -> None:
        self.wire.received(data)

    def eof_received(self) -> bool:
        self.wire.ended()
        return not self.tls

    def connection_lost(self, error: Exception | None) -> None:
        self.wire.lost()
        self.transport = None
        if self.admitted:
            self.admitted = False
            self.service.limits.release(self.peer)
        if self._host is not None:
            self._host.cancel()
        self.service.sessions.remove(self)

    def pause_writing(self) -> None:
        self.wire.pause_writing()

    def resume_writing(self) -> None:
        self.wire.resume_writing()

    def drain(self) -> None:
        """SIGTERM: go now when nothing is under way, else after the transaction."""
        self.draining = True
        if self.transaction is None and self.wire.is_waiting:
            self.wire.write(replies.SHUTTING_DOWN.encode())
            self.wire.close()

    def abort(self) -> None:
        self.wire.abort()

    async def _read_announcement(self) -> bool:
        """Learn from a listed balancer who the peer is; False: nobody we serve."""
        deadline = self.loop.time() + announced.SECONDS

        async def exactly(count: int) -> bytes:
            data = b""
            while len(data) < count:
                data += await self.wire.some(deadline, count - len(data))
            return data

        try:
            found = await announced.read(exactly)
        except GrammarError:
            _log.warning("session.refused", peer=self.peer, reason="no PROXY line")
            self.wire.abort()
            return False
        if found is not None:
            self.peer, self.local_address = found.peer, found.local
            self._settle(None)
        return self._admit()

    async def start_tls(self) -> None:
        """Raises OSError when the handshake fails; the connection is then gone."""
        context = self.service.context(self.listener)
        assert context is not None
        transport = await self.loop.start_tls(
            self.wire.transport,
            self,
            context,
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )
        if transport is None:
            raise ConnectionError("the connection was lost during the handshake")
        self.transport = self.wire.transport = transport
        self._begin_tls(transport.get_extra_info("ssl_object"))

    def ask_for_host(self) -> None:
        """Begin to look the peer's name up, if the settings want it; the session goes on."""
        whose = self.settings.access.reverse_dns
        if self._host is not None or self.listener.lmtp or whose == "nobody":
            return
        if whose == "public" and not is_public(self.peer):
            return
        asked = threads.dns.run(host_of, self.peer, names(self.settings))
        self._host = self.loop.create_task(asked)

    async def host(self) -> str:
        """The peer's name, checked both ways; "" has none, SOFT_ERROR can't be told yet."""
        if self._host is None:
            return ""
        await asyncio.wait({self._host}, timeout=_HOST_SECONDS)
        if not self._host.done() or self._host.exception() is not None:
            return SOFT_ERROR
        return self._host.result()

    @property
    def known_host(self) -> str:
        """The peer's name if it is known by now, else ""."""
        task = self._host
        known = task is not None and task.done() and not task.cancelled() and not task.exception()
        return task.result() if task is not None and known else ""

    @property
    def id(self) -> str:
        """What our logs and the message's history call this connection."""
        if not self._id:
            self._id = ids.text(ids.new_id())
        return self._id

    async def push(self, status: str | bytes) -> None:
        """aiosmtpd's way to reply, for what we inherit."""
        self.wire.write((status.encode() if isinstance(status, str) else status) + b"\r\n")

    def forget_transaction(self) -> None:
        if self.transaction is not None:
            self.transaction.discard()
            self.transaction = None
