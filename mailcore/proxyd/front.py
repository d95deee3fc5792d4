"""A client's connection until it is spliced: admission, TLS, time, and the ways to end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from mailcore import log
from mailcore.conf.schema.registry import Snapshot
from mailcore.protocol import forwarded
from mailcore.protocol.forwarded import Forwarded
from mailcore.proxyd import entrance
from mailcore.proxyd.entrance import Visitor
from mailcore.proxyd.outcome import Entered
from mailcore.proxyd.service import Service
from mailcore.proxyd.speaker import Speaker
from mailcore.proxyd.splice import Splice
from mailcore.server import logins, tls
from mailcore.server.limits import is_loopback
from mailcore.server.logins import Channel
from mailcore.server.trust import believed
from mailcore.server.wire import Disconnected, TimedOut, Wire

HANDSHAKE_SECONDS = 30.0
MOST_FAILED_LOGINS = 3
MOST_ERRORS = 10

_log = log.get("proxyd")


class Conversation(Protocol):
    """What is said to a client before its login, in one protocol."""

    service: str

    async def run(self) -> None:
        """From the greeting to the splice or the end."""

    def bye(self, text: str) -> None:
        """Say that the server ends this, and why."""


class Front:
    """Lives until its connection is spliced or ends."""

    def __init__(self, service: Service, conversation: Callable[["Front"], Conversation]) -> None:
        self.service = service
        self.settings: Snapshot = service.settings()
        self.wire: Wire
        self.speaker = Speaker(self._made, self._lost)
        self.conversation = conversation(self)
        self.deadline = 0.0
        self.peer = ""
        self.said = Forwarded("127.0.0.1")
        self.identified: dict[str, str] = {}
        self.failed_logins = 0
        self.errors = 0
        self.over = False
        self._admitted = False
        self._task: asyncio.Task[None] | None = None

    def _made(self) -> None:
        self.wire = self.speaker.wire
        name = self.wire.transport.get_extra_info("peername")
        self.peer = str(name[0]) if isinstance(name, tuple) else "127.0.0.1"
        self.said = Forwarded(self.peer, name[1] if isinstance(name, tuple) else 0)
        self._admitted = self.service.limits.admit(self.peer)
        if not self._admitted:
            self.service.refusals.note(self.peer)
            self.conversation.bye("Too many connections.")
            self.wire.close()
            return
        self.deadline = self.speaker.loop.time() + self.settings.proxy.login_seconds
        self.service.sessions.add(self)
        self._task = self.speaker.loop.create_task(self._run())

    def _lost(self) -> None:
        self.over = True
        if self._admitted:
            self._admitted = False
            self.service.limits.release(self.peer)
            self.service.sessions.remove(self)

    async def _run(self) -> None:
        try:
            await self.conversation.run()
        except TimedOut:
            self.conversation.bye("You took too long to log in.")
        except (Disconnected, ConnectionError, OSError):
            pass
        except Exception:
            _log.exception("session.broken", peer=self.peer)
            self.conversation.bye("Internal error.")
        if self._admitted:
            self.wire.close()

    def drain(self) -> None:
        """SIGTERM: nobody here has begun anything that is worth waiting for."""
        self.over = True
        self.conversation.bye("Server is shutting down.")
        self.wire.close()

    def abort(self) -> None:
        self.wire.abort()

    # Logging in.

    @property
    def may_start_tls(self) -> bool:
        return self.service.tls is not None and not self.speaker.secure

    @property
    def may_send_password(self) -> bool:
        """Passwords in the clear only over TLS, or from this machine when that is set."""
        return self.speaker.secure or (
            self.settings.general.plaintext_auth_from_loopback and is_loopback(self.peer)
        )

    def channel(self, wanted: tuple[str, ...]) -> Channel:
        """What the connection allows, and those of the `wanted` mechanisms that can work."""
        channel = Channel(bindings=tls.bindings(self.speaker.ssl_object), me=self.settings.me)
        names = entrance.mechanisms(logins.usable(wanted, channel), self.settings.proxy)
        if not self.may_send_password:
            names = tuple(name for name in names if name not in entrance.SHOWS_PASSWORD)
        return replace(channel, offered=names)

    async def start_tls(self) -> None:
        assert self.service.tls is not None
        await self.speaker.start_tls(self.service.tls, HANDSHAKE_SECONDS)
        self.identified = {}

    def identify(self, fields: dict[str, str]) -> None:
        """What the other end says of itself, and if it is a proxy, of its client.

        Anybody may say that few proxies may follow; who the client is, only a listed one.
        Raises GrammarError.
        """
        self.identified = forwarded.own(fields)
        said = forwarded.of_fields(fields)
        if said is None:
            return
        self.said = replace(self.said, ttl=said.ttl)
        if believed(self.peer, self.settings.auth.proxy_from):
            self.said = said

    @property
    def goes_in_circles(self) -> bool:
        """Whether too many proxies have come before: a node's line may lead back here."""
        return self.said.ttl <= 0

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.conversation.service, self.said, self.identified)

    def splice(self, entered: Entered, unread: bytes) -> None:
        """From here on client and node talk to each other.

        `unread` is what the client has sent and nobody has looked at.
        """
        if self.over or self.wire.transport.is_closing():
            entered.speaker.wire.abort()
            return
        peer, service = self.peer, self.service

        def ended(splice: Splice) -> None:
            service.limits.release(peer)
            service.sessions.remove(splice)

        self.over = True
        self._admitted = False
        service.sessions.remove(self)
        service.sessions.add(Splice(self.speaker, entered.speaker, unread, ended))
