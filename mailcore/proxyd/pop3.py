"""The POP3 side of the proxy until the login.  RFC 1939 §4, RFC 2449, RFC 2595, RFC 5034."""

import binascii
from collections.abc import Awaitable, Callable
from typing import ClassVar

from mailcore.errors import GrammarError, TemporaryFailure
from mailcore.protocol import sasl
from mailcore.protocol.pop3 import commands
from mailcore.proxyd import capabilities, entrance
from mailcore.proxyd.front import MOST_ERRORS, MOST_FAILED_LOGINS, Front
from mailcore.proxyd.outcome import Entered, Refused, Unavailable
from mailcore.server import logins
from mailcore.server.wire import CommandTooLong

_NOT_NOW = "[SYS/TEMP] The mail store is not available, try again later."

Handler = Callable[["Pop3Conversation", bytes], Awaitable[None]]


class Pop3Conversation:
    """Lives as long as its front."""

    service = "pop3"
    verbs: ClassVar[dict[str, Handler]] = {}

    def __init__(self, front: Front) -> None:
        self.front = front
        self.name = ""

    async def run(self) -> None:
        self._ok(f"{self.front.settings.me} POP3 proxy ready.")
        while not self.front.over:
            try:
                await self._command(await self._line())
            except (GrammarError, CommandTooLong) as error:
                self._no(str(error) or "Line too long.")
                self.front.errors += 1
                self.front.over = self.front.over or self.front.errors >= MOST_ERRORS

    def bye(self, text: str) -> None:
        self._no(f"[SYS/TEMP] {text}")

    def _ok(self, text: str) -> None:
        self.front.wire.write(f"+OK {text}\r\n".encode())

    def _no(self, text: str) -> None:
        self.front.wire.write(f"-ERR {text}\r\n".encode())

    def _listing(self, text: str, lines: list[str]) -> None:
        self.front.wire.write("\r\n".join([f"+OK {text}", *lines, ".", ""]).encode())

    async def _line(self) -> bytes:
        left = self.front.deadline - self.front.speaker.loop.time()
        line = await self.front.wire.line(commands.MAX_AUTH_LINE, max(left, 0.0))
        return line.rstrip(b"\r\n")

    async def _command(self, line: bytes) -> None:
        command = commands.parse(line)
        if len(line) > commands.MAX_LINE - 2 and command.verb not in ("AUTH", "PASS"):
            raise GrammarError("Line too long.")
        handler = self.verbs.get(command.verb)
        if handler is None:
            raise GrammarError("Log in first.")
        await handler(self, command.argument)

    async def capa(self, argument: bytes) -> None:
        """RFC 2449."""
        front, rules = self.front, self.front.settings
        lines = list(capabilities.pop3(front.service.backends.able("pop3", rules.proxy)))
        if front.may_send_password:
            lines.append("USER")
        if offered := front.channel(rules.pop3.auth_mechanisms).offered:
            lines.append("SASL " + " ".join(offered))
        if front.may_start_tls:
            lines.append("STLS")
        lines.append("IMPLEMENTATION Courier")
        self._listing("Capabilities follow.", lines)

    async def noop(self, argument: bytes) -> None:
        self._ok("")

    async def quit(self, argument: bytes) -> None:
        self._ok("Bye.")
        self.front.over = True

    async def stls(self, argument: bytes) -> None:
        """RFC 2595 §4.  What was sent behind the command in the clear is forgotten."""
        if not self.front.may_start_tls:
            raise GrammarError("TLS is not available.")
        self._ok("Begin TLS now.")
        self.name = ""
        await self.front.start_tls()

    async def user(self, argument: bytes) -> None:
        self._check_may_send_password()
        self.name = commands.name(argument.strip())
        self._ok("Password please.")

    async def pass_(self, argument: bytes) -> None:
        self._check_may_send_password()
        if not self.name:
            raise GrammarError("USER first.")
        password = commands.name(argument)
        name, self.name = self.name, ""
        front = self.front
        await self._enter(
            entrance.with_password(
                front.service.backends, front.settings.proxy, front.visitor, name, password
            )
        )

    async def auth(self, argument: bytes) -> None:
        """RFC 5034."""
        front = self.front
        channel = front.channel(front.settings.pop3.auth_mechanisms)
        if not argument:
            self._listing("Mechanisms follow.", list(channel.offered))
            return
        word, _, response = argument.partition(b" ")
        name = word.decode("latin-1").upper()
        if name in entrance.SHOWS_PASSWORD:
            self._check_may_send_password()
        exchange = logins.mechanism(name, front.service.decoy, channel)
        if exchange is None:
            raise GrammarError("Mechanism not offered.")
        initial = None
        if response:
            initial = b"" if response == b"=" else sasl.decode_response(response)
        await self._enter(
            entrance.with_sasl(
                front.service.backends,
                front.settings.proxy,
                front.visitor,
                exchange,
                initial,
                self._ask,
            )
        )

    async def _ask(self, challenge: bytes) -> bytes:
        self.front.wire.write(b"+ " + binascii.b2a_base64(challenge, newline=False) + b"\r\n")
        line = await self._line()
        if line == b"*":
            raise GrammarError("Authentication cancelled.")
        return sasl.decode_response(line)

    def _check_may_send_password(self) -> None:
        if not self.front.may_send_password:
            raise GrammarError("[AUTH] TLS is required first.")

    async def _enter(self, attempt: Awaitable[Entered | None]) -> None:
        front = self.front
        try:
            entered = await attempt
        except TemporaryFailure as error:
            self._no(f"[SYS/TEMP] {error.text}")
            return
        except Unavailable:
            self._no(_NOT_NOW)
            return
        except Refused:
            entered = None
        if entered is None:
            self._no("[AUTH] Login failed.")
            front.failed_logins += 1
            front.over = front.over or front.failed_logins >= MOST_FAILED_LOGINS
            return
        self._ok("Logged in.")
        front.splice(entered, b"")


Pop3Conversation.verbs = {
    "CAPA": Pop3Conversation.capa,
    "NOOP": Pop3Conversation.noop,
    "QUIT": Pop3Conversation.quit,
    "STLS": Pop3Conversation.stls,
    "USER": Pop3Conversation.user,
    "PASS": Pop3Conversation.pass_,
    "AUTH": Pop3Conversation.auth,
}
