"""One browser's stream: a request in, then a line whenever the mailbox changed."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol, cast

from mailcore.accounts.directory import AccountValue
from mailcore.bus.subscribe import MailboxFeed, Token
from mailcore.eventsd import request, token
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Sessions

REQUEST_SECONDS = 10.0
HEARTBEAT_SECONDS = 25.0
LONGEST_STREAM = 1800.0
GATHER_SECONDS = 0.2
MOST_UNSENT = 65_536
CHANGED = b"event: mailbox\ndata: changed\n\n"


class Accounts(Protocol):
    """How a stream finds an account; may wait for the database."""

    async def __call__(self, address: str) -> AccountValue | None: ...


class Stream(asyncio.Protocol):
    """A connection; changes within a fifth of a second are told once."""

    def __init__(
        self,
        feed: MailboxFeed,
        accounts: Accounts,
        sessions: Sessions,
        limits: ConnectionLimits,
        secret: str,
    ) -> None:
        self._feed = feed
        self._accounts = accounts
        self._sessions = sessions
        self._limits = limits
        self._secret = secret
        self._head = bytearray()
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._admitted = False
        self._asked = False
        self._watch: Token | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._task: asyncio.Task[None] | None = None

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport by class, only by what they do.
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if peer else ""
        self._admitted = self._limits.admit(self._peer)
        if not self._admitted:
            self._refuse("503 Too Many Connections")
            return
        self._sessions.add(self)
        self._after("request", REQUEST_SECONDS, self.abort)

    def data_received(self, data: bytes) -> None:
        if self._asked or not self._admitted:
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > request.LONGEST:
                self._refuse("431 Request Header Fields Too Large")
            return
        self._asked = True
        self._task = asyncio.get_running_loop().create_task(self._answer(bytes(self._head[:end])))

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._task is not None:
            self._task.cancel()
        if self._watch is not None:
            self._feed.unwatch(self._watch)
            self._watch = None
        if self._admitted:
            self._limits.release(self._peer)
            self._sessions.remove(self)
        self._transport = None

    # What the server calls

    def drain(self) -> None:
        """A stream has no end of its own: end it; browsers come back by themselves."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # The dialogue

    async def _answer(self, head: bytes) -> None:
        asked = request.parse(head)
        if asked is None:
            return self._refuse("400 Bad Request")
        if asked.method != "GET":
            return self._refuse("405 Method Not Allowed")
        if asked.path == "/healthz":
            return self._refuse("204 No Content")
        if asked.path != "/events":
            return self._refuse("404 Not Found")
        address = token.read(asked.ticket, self._secret, time.time())
        account = await self._accounts(address) if address else None
        if account is None or not account.active:
            return self._refuse("401 Unauthorized")
        self._open(asked.origin, account)

    def _open(self, origin: str, account: AccountValue) -> None:
        self._stop("request")
        self._write(request.acceptance(origin))
        self._watch = self._feed.watch(account.maildir, self._changed)
        self._changed()  # the page was rendered before anybody watched
        self._after("end", LONGEST_STREAM, self.drain)
        self._heartbeat()

    def _changed(self) -> None:
        if "gather" not in self._timers:
            self._after("gather", GATHER_SECONDS, self._tell)

    def _tell(self) -> None:
        self._timers.pop("gather", None)
        self._write(CHANGED)

    def _heartbeat(self) -> None:
        """Proxies cut silent connections, and a dead peer shows only when written to."""
        self._write(b": here\n\n")
        self._after("heartbeat", HEARTBEAT_SECONDS, self._heartbeat)

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > MOST_UNSENT:
            self.abort()
            return
        self._transport.write(data)

    def _refuse(self, status: str) -> None:
        self._write(request.refusal(status))
        if self._transport is not None:
            self._transport.close()

    def _after(self, name: str, seconds: float, function: Callable[[], None]) -> None:
        self._stop(name)
        self._timers[name] = asyncio.get_running_loop().call_later(seconds, function)

    def _stop(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
