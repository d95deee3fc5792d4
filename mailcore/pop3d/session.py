"""One POP3 connection: the conversation.  RFC 1939.

Three states: logging in, fetching (`mailbox` is there), and QUIT, which alone deletes.
"""

import asyncio
import binascii
import sqlite3
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import ClassVar, cast

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.errors import GrammarError, StoreError, TemporaryFailure
from mailcore.pop3d.mailbox import LARGE, Mailbox
from mailcore.pop3d.service import Service
from mailcore.protocol import forwarded, sasl
from mailcore.protocol.pop3 import commands
from mailcore.server import logins, tls
from mailcore.server.limits import is_loopback
from mailcore.server.logins import PLAIN_CHANNEL, Channel
from mailcore.server.trust import believed
from mailcore.server.wire import CommandTooLong, Disconnected, TimedOut, Wire

HANDSHAKE_SECONDS = 30.0
_MOST_FAILED_LOGINS = 3
_TURN = 50  # commands after which another session gets its turn
_LANGUAGES = {"en": "English", "i-default": "Default language"}
_TROUBLE = "[SYS/TEMP] Try again later."

_log = log.get("pop3d")

Handler = Callable[["Pop3Session", bytes], Awaitable[None]]


class _Cancelled(Exception):
    """The client sent `*` instead of a SASL response."""


class Pop3Session(asyncio.Protocol):
    """Lives as long as its connection."""

    before_login: ClassVar[dict[str, Handler]] = {}
    after_login: ClassVar[dict[str, Handler]] = {}

    def __init__(self, service: Service) -> None:
        self.loop = asyncio.get_running_loop()
        self.service = service
        self.settings = service.settings()
        self.wire: Wire
        self.peer = ""
        self.secure = False
        self.channel: Channel = PLAIN_CHANNEL
        self.admitted = False
        self.counted = ""
        self.loopback = False
        self.may_forward = False
        self.masters: tuple[str, ...] = ()
        self.name = ""
        self.identity: Identity | None = None
        self.mailbox: Mailbox | None = None
        self.errors = 0
        self.failed_logins = 0
        self.ended = False
        self.draining = False

    # The connection.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.wire = Wire(self.loop, cast(asyncio.Transport, transport))
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if isinstance(peer, tuple) else "127.0.0.1"
        self._begin_tls(transport.get_extra_info("ssl_object"))
        self.loopback = is_loopback(self.peer)
        self.may_forward = believed(self.peer, self.settings.auth.proxy_from)
        self.masters = self.settings.auth.masters if self.may_forward else ()
        self.admitted = self.may_forward or self._admit()
        if not self.admitted:
            self.service.refusals.note(self.peer)
            self._no("[SYS/TEMP] Too many connections.")
            self.wire.close()
            return
        self.service.sessions.add(self)
        self._task = self.loop.create_task(self._run())

    def _admit(self) -> bool:
        if not self.service.limits.admit(self.peer):
            return False
        self.counted = self.peer
        return True

    def _begin_tls(self, ssl_object: ssl.SSLObject | None) -> None:
        self.secure = ssl_object is not None
        self.channel = Channel(bindings=tls.bindings(ssl_object), me=self.settings.me)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that can work on this connection."""
        return logins.usable(self.settings.pop3.auth_mechanisms, self.channel)

    def data_received(self, data: bytes) -> None:
        self.wire.received(data)

    def eof_received(self) -> bool:
        self.wire.ended()
        return not self.secure

    def connection_lost(self, error: Exception | None) -> None:
        self.wire.lost()
        if self.admitted:
            self.admitted = False
            if self.counted:
                self.service.limits.release(self.counted)
            self.service.sessions.remove(self)

    def pause_writing(self) -> None:
        self.wire.pause_writing()

    def resume_writing(self) -> None:
        self.wire.resume_writing()

    def drain(self) -> None:
        """SIGTERM: nothing is deleted before QUIT, so a waiting session may go at once."""
        self.draining = True
        if self.wire.is_waiting:
            self.wire.close()

    def abort(self) -> None:
        self.wire.abort()

    # The conversation.

    async def _run(self) -> None:
        try:
            code = "[XCLIENT] " if self.may_forward else ""
            self._ok(f"{code}{self.settings.me} POP3 ready.")
            await self._converse()
        except (Disconnected, TimedOut, ConnectionError, OSError):
            pass  # RFC 1939 §3: a session that times out says nothing and deletes nothing
        except Exception:
            _log.exception("session.broken", peer=self.peer)
            self._no(_TROUBLE)
        finally:
            self.mailbox = None
            self.wire.close()

    async def _converse(self) -> None:
        pop3 = self.settings.pop3
        loop = self.loop
        deadline = loop.time() + pop3.login_timeout
        turn = 0
        while not self.ended and not self.draining:
            seconds = pop3.idle_timeout if self.mailbox is not None else deadline - loop.time()
            if seconds <= 0:
                return
            try:
                await self._command(await self.wire.line(commands.MAX_AUTH_LINE, seconds))
            except (CommandTooLong, GrammarError) as error:
                self._refuse(str(error) or "Line too long.")
            if self.errors >= pop3.max_errors:
                _log.warning("session.ended", peer=self.peer, reason="errors")
                return
            turn += 1
            if turn % _TURN == 0:
                await self.wire.drain(pop3.idle_timeout)
                await asyncio.sleep(0)

    async def _command(self, line: bytes) -> None:
        command = commands.parse(line.rstrip(b"\r\n"))
        if len(line) > commands.MAX_LINE and command.verb not in ("AUTH", "PASS"):
            raise GrammarError("Line too long.")
        table = self.before_login if self.mailbox is None else self.after_login
        handler = table.get(command.verb)
        if handler is None:
            known = command.verb in self.before_login or command.verb in self.after_login
            raise GrammarError("Not now." if known else "Unknown command.")
        try:
            await handler(self, command.argument)
        except StoreError as error:
            self._no(f"[SYS/TEMP] {error}")
        except sqlite3.Error:
            _log.exception("mailbox.broken", peer=self.peer)
            self._no(_TROUBLE)

    def _ok(self, text: str = "") -> None:
        self.wire.write(f"+OK {text}".rstrip().encode() + b"\r\n")

    def _no(self, text: str) -> None:
        self.wire.write(f"-ERR {text}\r\n".encode())

    def _refuse(self, text: str) -> None:
        """Answer no, and count it."""
        self.errors += 1
        self._no(text)

    def _listing(self, text: str, lines: list[str]) -> None:
        self.wire.write("\r\n".join([f"+OK {text}".rstrip(), *lines, ".", ""]).encode())

    # Logging in.

    @property
    def _may_log_in(self) -> bool:
        """Passwords never travel in the clear, but from this machine or when told to."""
        if self.secure or self.settings.pop3.plaintext_auth:
            return True
        return self.settings.general.plaintext_auth_from_loopback and self.loopback

    async def capa(self, argument: bytes) -> None:
        """RFC 2449; the same before and after login but for what logs in."""
        lines = ["TOP", "UIDL", "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE"]
        if self.mailbox is None:
            if self._may_log_in:
                lines += ["USER", "SASL " + " ".join(self.mechanisms)]
            if self.service.tls is not None and not self.secure:
                lines.append("STLS")
        lines.append(f"LOGIN-DELAY {self.settings.pop3.login_delay}")
        if self.settings.pop3.utf8:
            lines += ["UTF8 USER", "LANG"]
        lines.append("IMPLEMENTATION Courier")
        self._listing("Capabilities follow.", lines)

    async def xclient(self, argument: bytes) -> None:
        """A proxy says who its client is: once, before the login.  As Dovecot's does."""
        if not self.may_forward:
            raise GrammarError("Unknown command.")
        said = forwarded.of_xclient(argument)
        self.may_forward = False
        _log.info("session.forwarded", proxy=self.peer, peer=said.address)
        self.peer = said.address
        if not self._admit():
            self.service.refusals.note(self.peer)
            self._no("[SYS/TEMP] Too many connections.")
            self.ended = True
            return
        self._ok("Welcome.")

    async def stls(self, argument: bytes) -> None:
        """RFC 2595 §4.  What was sent behind the command in the clear is forgotten."""
        if self.service.tls is None or self.secure:
            raise GrammarError("TLS is not available.")
        self._ok("Begin TLS now.")
        self.wire.flush()
        self.wire.discard_input()
        self.name = ""
        await self._start_tls()

    async def _start_tls(self) -> None:
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
        self.wire.transport = transport
        self._begin_tls(transport.get_extra_info("ssl_object"))

    async def user(self, argument: bytes) -> None:
        self._check_may_log_in()
        self.name = commands.name(argument.strip())
        self._ok("Password please.")

    async def pass_(self, argument: bytes) -> None:
        self._check_may_log_in()
        if not self.name:
            raise GrammarError("USER first.")
        password = commands.name(argument)
        name, self.name = self.name, ""
        await self._log_in(logins.with_password(name, password, service="pop3", peer=self.peer))

    async def auth(self, argument: bytes) -> None:
        """RFC 5034."""
        mechanisms = self.mechanisms
        if not argument:
            self._listing("Mechanisms follow.", list(mechanisms) if self._may_log_in else [])
            return
        self._check_may_log_in()
        word, _, response = argument.partition(b" ")
        name = word.decode("latin-1").upper()
        channel = replace(self.channel, offered=mechanisms)
        exchange = logins.mechanism(name, self.service.decoy, channel)
        if exchange is None:
            raise GrammarError("Mechanism not offered.")
        initial = None
        if response:
            initial = b"" if response == b"=" else sasl.decode_response(response)
        try:
            await self._log_in(
                logins.with_sasl(
                    exchange,
                    initial,
                    self._challenge,
                    service="pop3",
                    peer=self.peer,
                    masters=self.masters,
                )
            )
        except _Cancelled:
            raise GrammarError("Authentication cancelled.") from None

    async def _challenge(self, data: bytes) -> bytes:
        self.wire.write(b"+ " + binascii.b2a_base64(data)[:-1] + b"\r\n")
        line = await self.wire.line(commands.MAX_AUTH_LINE, self.settings.pop3.login_timeout)
        line = line.rstrip(b"\r\n")
        if line == b"*":
            raise _Cancelled
        return sasl.decode_response(line)

    def _check_may_log_in(self) -> None:
        if not self._may_log_in:
            raise GrammarError("[AUTH] TLS is required first.")

    async def _log_in(self, attempt: Awaitable[Identity | None]) -> None:
        try:
            identity = await attempt
        except TemporaryFailure as error:
            self._refuse(f"[SYS/TEMP] {error.text}")
            return
        if identity is None:
            self._refuse("[AUTH] Login failed.")
            self.failed_logins += 1
            self.ended = self.failed_logins >= _MOST_FAILED_LOGINS
            return
        try:
            self.mailbox = await Mailbox.open(identity.maildir, self.service.announce)
        except (OSError, sqlite3.Error):
            _log.exception("mailbox.broken", peer=self.peer, account=identity.address)
            self._no(_TROUBLE)
            return
        self.identity = identity
        _log.info("session.opened", peer=self.peer, account=identity.address)
        self._ok(f"{self.mailbox.count} messages.")

    async def utf8(self, argument: bytes) -> None:
        """RFC 6856 §2: we are UTF-8 throughout."""
        if not self.settings.pop3.utf8 or argument:
            raise GrammarError("Unknown command.")
        self._ok("UTF8 it is.")

    async def lang(self, argument: bytes) -> None:
        """RFC 6856 §3: all our texts are English."""
        if not self.settings.pop3.utf8:
            raise GrammarError("Unknown command.")
        wanted = argument.decode("latin-1").strip().lower()
        if not wanted:
            self._listing(
                "Languages follow.", [f"{tag} {name}" for tag, name in _LANGUAGES.items()]
            )
        elif wanted in _LANGUAGES or wanted == "*":
            self._ok("en English it is.")
        else:
            raise GrammarError("No such language.")

    # Fetching.

    @property
    def _box(self) -> Mailbox:
        assert self.mailbox is not None
        return self.mailbox

    async def stat(self, argument: bytes) -> None:
        self._ok(f"{self._box.count} {self._box.octets}")

    async def list_(self, argument: bytes) -> None:
        box = self._box
        sizes = box.drop.sizes
        if argument:
            index = box.index(commands.number(argument))
            self._ok(f"{index + 1} {sizes[index]}")
            return
        lines = [f"{index + 1} {sizes[index]}" for index in box.present()]
        self._listing(f"{box.count} messages ({box.octets} octets)", lines)

    async def uidl(self, argument: bytes) -> None:
        """RFC 1939 §7; a message keeps the id that Courier or Dovecot gave it."""
        box = self._box
        name = box.drop.unique_id
        if argument:
            index = box.index(commands.number(argument))
            self._ok(f"{index + 1} {name(index)}")
            return
        self._listing("", [f"{at + 1} {name(at)}" for at in box.present()])

    async def retr(self, argument: bytes) -> None:
        box = self._box
        index = box.index(commands.number(argument))
        size = box.drop.sizes[index]
        seconds = self.settings.pop3.idle_timeout
        if size <= LARGE:
            message = await box.wire_form(index)
            self._ok(f"{size} octets follow.")
            self.wire.write(message)
            await self.wire.drain(seconds)
            return
        stream = await box.stream(index)
        try:
            self._ok(f"{size} octets follow.")
            while piece := await stream.next():
                self.wire.write(piece)
                await self.wire.drain(seconds)
            self.wire.write(stream.finish())
        finally:
            stream.close()

    async def top(self, argument: bytes) -> None:
        number, lines = commands.numbers(argument)
        message = await self._box.top(self._box.index(number), lines)
        self._ok()
        self.wire.write(message)
        await self.wire.drain(self.settings.pop3.idle_timeout)

    async def dele(self, argument: bytes) -> None:
        self._box.delete(self._box.index(commands.number(argument)))
        self._ok("Deleted at QUIT.")

    async def rset(self, argument: bytes) -> None:
        self._box.undelete()
        self._ok()

    async def noop(self, argument: bytes) -> None:
        self._ok()

    async def quit(self, argument: bytes) -> None:
        self.ended = True
        if self.mailbox is not None:
            await self._update(self.mailbox)
        else:
            self._ok("Bye.")

    async def _update(self, box: Mailbox) -> None:
        try:
            await box.update()
        except (StoreError, OSError, sqlite3.Error):
            _log.exception("mailbox.broken", peer=self.peer)
            self._no("[SYS/TEMP] Some messages could not be removed.")
            return
        assert self.identity is not None
        if self.settings.pop3.log_deletions and box.deleted:
            account, uids = self.identity.address, box.deleted
            _log.info("messages.deleted", peer=self.peer, account=account, uids=uids)
        self._ok("Bye.")


_ANYTIME: dict[str, Handler] = {
    "CAPA": Pop3Session.capa,
    "QUIT": Pop3Session.quit,
    "LANG": Pop3Session.lang,
}
Pop3Session.before_login = {
    **_ANYTIME,
    "USER": Pop3Session.user,
    "PASS": Pop3Session.pass_,
    "AUTH": Pop3Session.auth,
    "STLS": Pop3Session.stls,
    "XCLIENT": Pop3Session.xclient,
    "UTF8": Pop3Session.utf8,
}
Pop3Session.after_login = {
    **_ANYTIME,
    "STAT": Pop3Session.stat,
    "LIST": Pop3Session.list_,
    "UIDL": Pop3Session.uidl,
    "RETR": Pop3Session.retr,
    "TOP": Pop3Session.top,
    "DELE": Pop3Session.dele,
    "RSET": Pop3Session.rset,
    "NOOP": Pop3Session.noop,
}
