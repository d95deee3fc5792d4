"""The IMAP side of the proxy until the login.  RFC 3501 §6.1-6.2."""

import base64
from collections.abc import Awaitable, Callable
from typing import ClassVar

from mailcore.errors import GrammarError, TemporaryFailure
from mailcore.protocol import sasl
from mailcore.protocol.imap import identity
from mailcore.protocol.imap.framer import Complete, Continue, Framer, TooLong
from mailcore.protocol.imap.lexer import Arguments
from mailcore.proxyd import capabilities, entrance
from mailcore.proxyd.front import MOST_ERRORS, MOST_FAILED_LOGINS, Front
from mailcore.proxyd.outcome import Entered, Refused, Unavailable
from mailcore.server import logins

_LINE = 8_192
_LITERALS = 8_192
_NOT_NOW = b"NO [UNAVAILABLE] The mail store is not available, try again later."

Handler = Callable[["ImapConversation", bytes, Arguments], Awaitable[None]]


class ImapConversation:
    """Lives as long as its front."""

    service = "imap"
    commands: ClassVar[dict[bytes, Handler]] = {}

    def __init__(self, front: Front) -> None:
        self.front = front
        self.framer = Framer(_LINE, lambda head: _LITERALS)

    async def run(self) -> None:
        self._say(b"* OK [CAPABILITY %b] Courier proxy ready." % self._capabilities())
        while not self.front.over:
            event = self.framer.next()
            match event:
                case None:
                    self.framer.feed(await self.front.wire.some(self.front.deadline))
                case Complete(data):
                    await self._command(data)
                case Continue(head, _):
                    self._continue(head)
                case TooLong(tag, _):
                    self._say((tag or b"*") + b" BAD Command too long.")
                    self._count_error()

    def bye(self, text: str) -> None:
        self._say(b"* BYE " + text.encode())

    def _say(self, line: bytes) -> None:
        self.front.wire.write(line + b"\r\n")

    def _count_error(self) -> None:
        self.front.errors += 1
        if self.front.errors >= MOST_ERRORS:
            self.bye("Too many errors.")
            self.front.over = True

    def _continue(self, head: bytes) -> None:
        """Let a literal come, unless its command has no future."""
        try:
            arguments = Arguments(head)
            arguments.tag()
            self._known(arguments)
        except GrammarError as error:
            self.framer.refuse()
            self._bad(head.split(b" ", 1)[0][:100], error)
        else:
            self.framer.accept()
            self._say(b"+ OK")

    async def _command(self, data: bytes) -> None:
        tag = b"*"
        try:
            arguments = Arguments(data)
            tag = arguments.tag()
            await self._known(arguments)(self, tag, arguments)
        except GrammarError as error:
            self._bad(tag, error)

    def _known(self, arguments: Arguments) -> Handler:
        handler = self.commands.get(arguments.keyword())
        if handler is None:
            raise GrammarError("Log in first.")
        return handler

    def _bad(self, tag: bytes, error: GrammarError) -> None:
        self._say(tag + b" BAD " + (str(error) or "Syntax error.").encode("utf-8", "replace"))
        self._count_error()

    # What it can do.

    def _capabilities(self) -> bytes:
        front, rules = self.front, self.front.settings
        names = list(capabilities.imap(front.service.backends.able("imap", rules.proxy)))
        names += [f"AUTH={name}" for name in front.channel(rules.imap.auth_mechanisms).offered]
        if not front.may_send_password:
            names.append("LOGINDISABLED")
        if front.may_start_tls:
            names.append("STARTTLS")
        return " ".join(names).encode("ascii")

    async def capability(self, tag: bytes, arguments: Arguments) -> None:
        arguments.end()
        self._say(b"* CAPABILITY " + self._capabilities())
        self._say(tag + b" OK CAPABILITY completed.")

    async def noop(self, tag: bytes, arguments: Arguments) -> None:
        arguments.end()
        self._say(tag + b" OK NOOP completed.")

    async def logout(self, tag: bytes, arguments: Arguments) -> None:
        arguments.end()
        self.bye("Courier is closing the connection.")
        self._say(tag + b" OK LOGOUT completed.")
        self.front.over = True

    async def id(self, tag: bytes, arguments: Arguments) -> None:
        """RFC 2971.  What a client says of itself is passed on to its node."""
        arguments.space()
        fields = identity.fields(arguments)
        arguments.end()
        self.front.identify(fields)
        self._say(b'* ID ("name" "Courier")')
        self._say(tag + b" OK ID completed.")

    async def starttls(self, tag: bytes, arguments: Arguments) -> None:
        """RFC 3501 §6.2.1.  What was sent behind the command in the clear is forgotten."""
        arguments.end()
        if not self.front.may_start_tls:
            raise GrammarError("TLS is active already, or not to be had.")
        self._say(tag + b" OK Begin TLS negotiation now.")
        self.framer.clear()
        await self.front.start_tls()

    # Logging in.

    async def login(self, tag: bytes, arguments: Arguments) -> None:
        arguments.space()
        name = arguments.astring().decode("utf-8", "replace")
        arguments.space()
        password = arguments.astring().decode("utf-8", "replace")
        arguments.end()
        front = self.front
        if not self._may_log_in(tag, "PLAIN"):
            return
        await self._enter(
            tag,
            entrance.with_password(
                front.service.backends, front.settings.proxy, front.visitor, name, password
            ),
        )

    async def authenticate(self, tag: bytes, arguments: Arguments) -> None:
        """RFC 3501 §6.2.2, RFC 4959."""
        arguments.space()
        name = arguments.keyword().decode("ascii")
        initial: bytes | None = None
        if arguments.skip(b" "):
            text = arguments.data[arguments.at :]
            initial = b"" if text == b"=" else sasl.decode_response(text)
        front = self.front
        if not self._may_log_in(tag, name):
            return
        channel = front.channel(front.settings.imap.auth_mechanisms)
        exchange = logins.mechanism(name, front.service.decoy, channel)
        if exchange is None:
            self._say(tag + b" NO [CANNOT] No such mechanism.")
            return
        await self._enter(
            tag,
            entrance.with_sasl(
                front.service.backends,
                front.settings.proxy,
                front.visitor,
                exchange,
                initial,
                self._ask,
            ),
        )

    def _may_log_in(self, tag: bytes, mechanism: str) -> bool:
        if self.front.goes_in_circles:
            self._say(tag + b" " + _NOT_NOW)
        elif mechanism in entrance.SHOWS_PASSWORD and not self.front.may_send_password:
            self._say(tag + b" NO [PRIVACYREQUIRED] Use TLS to send a password.")
        else:
            return True
        return False

    async def _ask(self, challenge: bytes) -> bytes:
        self._say(b"+ " + base64.b64encode(challenge))
        while (line := self.framer.line()) is None:
            self.framer.feed(await self.front.wire.some(self.front.deadline))
        if line == b"*":
            raise GrammarError("Authentication cancelled.")
        return sasl.decode_response(line)

    async def _enter(self, tag: bytes, attempt: Awaitable[Entered | None]) -> None:
        front = self.front
        try:
            entered = await attempt
        except TemporaryFailure as error:
            self._say(b"%b NO [UNAVAILABLE] %b" % (tag, error.text.encode()))
            return
        except Unavailable:
            self._say(tag + b" " + _NOT_NOW)
            return
        except Refused:
            entered = None
        if entered is None:
            self._say(tag + b" NO [AUTHENTICATIONFAILED] Login failed.")
            front.failed_logins += 1
            if front.failed_logins >= MOST_FAILED_LOGINS:
                self.bye("Too many failed logins.")
                front.over = True
            return
        names = " ".join(entered.capabilities).encode("ascii")
        self._say(b"%b OK [CAPABILITY %b] Logged in." % (tag, names))
        front.splice(entered, self.framer.rest())


ImapConversation.commands = {
    b"CAPABILITY": ImapConversation.capability,
    b"NOOP": ImapConversation.noop,
    b"LOGOUT": ImapConversation.logout,
    b"ID": ImapConversation.id,
    b"STARTTLS": ImapConversation.starttls,
    b"LOGIN": ImapConversation.login,
    b"AUTHENTICATE": ImapConversation.authenticate,
}
