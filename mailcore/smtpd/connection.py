"""One SMTP connection: reading commands, replying, TLS, time and error limits.

aiosmtpd gives the frame (the protocol class, its Session, the naming of commands); its
set-up, streams and command loop are replaced, because they cost more than the mail.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, cast

from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Session as AioSession

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.errors import GrammarError
from mailcore.policy import access
from mailcore.policy.blocklist import Listing
from mailcore.protocol import proxy
from mailcore.protocol.reply import Reply
from mailcore.queue import ids
from mailcore.server import tls
from mailcore.server.wire import CommandTooLong, Disconnected, TimedOut, Wire
from mailcore.smtpd import authentication, replies
from mailcore.smtpd.listeners import Listener
from mailcore.smtpd.service import Service
from mailcore.smtpd.transaction import Transaction

MAX_COMMAND = 2_048  # octets, line end included
HANDSHAKE_SECONDS = 30.0
TARPIT_SECONDS = 8
_DEEPEST = 128
_PROXY_SECONDS = 15.0
_TURN = 100  # commands after which another session gets its turn
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_FOREIGN = frozenset({b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"CONNECT", b"USER"})

_log = log.get("smtpd")

Handler = Callable[[Any, bytes], Awaitable[None]]  # a session and its command's argument


class SmtpConnection(SMTP):
    """The frame of a session on one of our listeners; lives as long as its connection."""

    handlers: ClassVar[dict[bytes, Handler]] = {}

    def __init__(self, service: Service, listener: Listener) -> None:
        # Not aiosmtpd's: it inspects every method for each connection and makes streams.
        self.loop = asyncio.get_running_loop()
        self.service = service
        self.listener = listener
        self.settings = service.settings()
        self.session = AioSession(self.loop)
        self.transport: asyncio.Transport | None = None
        self.wire: Wire
        self.peer = ""
        self.access = access.STRANGER
        self.admitted = False
        self.identity: Identity | None = None
        self.helo = ""
        self.tls = ""
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

    # The connection.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)  # uvloop's inherits nothing
        self.transport = transport
        self.wire = Wire(self.loop, transport)
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if isinstance(peer, tuple) else "127.0.0.1"
        self.tls = tls.describe(transport.get_extra_info("ssl_object"))
        local = transport.get_extra_info("sockname")
        self.local_address = str(local[0]) if isinstance(local, tuple) else ""
        balancers = self.settings.esmtp.proxy_from
        announced = not self.tls and access.listed(self.peer, balancers)
        if announced or self._admit():
            self.service.sessions.add(self)
            self._handler_coroutine = self.loop.create_task(self._handle_client(announced))

    def _admit(self) -> bool:
        """Judge the peer's address and count the connection; False: told to go."""
        esmtp = self.settings.esmtp
        records = self.settings.policy.access
        self.access = access.judge(self.peer, esmtp.relay_from, esmtp.deny_from, records)
        self.settings = self.access.over(self.settings)
        self.admitted = self.service.limits.admit(self.peer)
        if not self.admitted:
            self.service.note_refusal(self.peer)
            self.wire.write(replies.TOO_MANY_CONNECTIONS.encode())
            self.wire.close()
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

    # The conversation.

    async def _handle_client(self, announced: bool = False) -> None:
        wire = self.wire
        try:
            if announced and not await self._read_announcement():
                return
            greeting = f"{self.settings.me} {self.settings.esmtp.greeting or 'ESMTP'}"
            if self.listener.lmtp:
                greeting = f"{self.settings.me} LMTP"
            wire.write(Reply(220, None, greeting).encode())
            await self._converse()
        except TimedOut:
            wire.write(replies.TIMED_OUT.encode())
        except (Disconnected, ConnectionError, OSError):
            pass
        except Exception:
            _log.exception("session.broken", peer=self.peer, session=self.id)
            wire.write(replies.TROUBLE.encode())
        finally:
            self.forget_transaction()
            wire.close()

    async def _read_announcement(self) -> bool:
        """Learn from a listed balancer who the peer is; False: nobody we serve."""
        try:
            line = await self.wire.line(proxy.MAX_LINE, _PROXY_SECONDS)
            found = proxy.parse(line)
        except (CommandTooLong, GrammarError):
            _log.warning("session.refused", peer=self.peer, reason="no PROXY line")
            self.wire.abort()
            return False
        if found is not None:
            self.peer, self.local_address = found.peer, found.local
        return self._admit()

    async def _converse(self) -> None:
        wire, timeout = self.wire, self.settings.esmtp.command_timeout
        turn = 0
        while True:
            if self.draining and self.transaction is None:
                wire.write(replies.SHUTTING_DOWN.encode())
                return
            try:
                line = await wire.line(authentication.MAX_LINE, timeout)
            except CommandTooLong:
                self.refuse(replies.LINE_TOO_LONG)
            else:
                await self._command(line)
            if self.ended:
                return
            if self._owed:
                await self._wait_in_the_tarpit()
            if self.errors >= self.settings.esmtp.max_errors:
                _log.warning("session.ended", peer=self.peer, reason="errors")
                wire.write(replies.TOO_MANY_ERRORS.encode())
                return
            turn += 1
            if turn % _TURN == 0:
                await wire.drain(timeout)
                await asyncio.sleep(0)

    async def _command(self, line: bytes) -> None:
        if line[-2:] != b"\r\n":
            self.refuse(replies.BARE_LINE_END)
            return
        line = line[:-2].rstrip(b" \t")
        if _CONTROL.search(line):
            self.refuse(replies.CONTROL_CHARACTERS)
            return
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        handler = self.handlers.get(verb)
        if len(line) > MAX_COMMAND - 2 and verb != b"AUTH":
            self.refuse(replies.LINE_TOO_LONG)
        elif handler is not None:
            await handler(self, argument)
        elif verb in _FOREIGN:
            # A browser or a fooled client talks another protocol at us.
            self.refuse(replies.UNKNOWN_COMMAND)
            self.end()
        else:
            self.refuse(replies.UNKNOWN_COMMAND)

    def refuse(self, reply: Reply) -> None:
        """Answer no, and count it."""
        self.errors += 1
        if reply.code >= 500 and self.settings.esmtp.tarpit and self.is_stranger:
            self._owed = self.tarpit = min(self.tarpit * 2 or TARPIT_SECONDS, _DEEPEST)
        self.wire.write(reply.encode())

    @property
    def is_stranger(self) -> bool:
        """Neither logged in, nor a machine that may relay, nor a mail system of ours."""
        return self.identity is None and not self.access.may_relay and not self.listener.lmtp

    async def _wait_in_the_tarpit(self) -> None:
        """Guessing costs the guesser time, and us none.  Courier TARPIT."""
        seconds, self._owed = self._owed, 0
        self.wire.flush()
        await asyncio.sleep(seconds)

    def end(self) -> None:
        """No further command is read."""
        self.ended = True

    @property
    def id(self) -> str:
        """What our logs and the message's history call this connection."""
        if not self._id:
            self._id = ids.text(ids.new_id())
        return self._id

    async def push(self, status: str | bytes) -> None:
        """aiosmtpd's way to reply, for what we inherit."""
        self.wire.write((status.encode() if isinstance(status, str) else status) + b"\r\n")

    async def start_tls(self) -> None:
        """Raises OSError when the handshake fails; the connection is then gone."""
        assert self.service.tls is not None
        transport = await self.loop.start_tls(
            self.wire.transport,
            self,
            self.service.tls,
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )
        if transport is None:
            raise ConnectionError("the connection was lost during the handshake")
        self.transport = self.wire.transport = transport
        self.tls = tls.describe(transport.get_extra_info("ssl_object"))

    def forget_transaction(self) -> None:
        if self.transaction is not None:
            self.transaction.discard()
            self.transaction = None
