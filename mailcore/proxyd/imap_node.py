"""Logging in at a node's IMAP server, and asking it what it can do.

The node is no friend: each line, their number and the time are bounded, a literal it sends is
read past, and what it should not say ends the attempt.
"""

from collections.abc import Mapping

from mailcore.errors import GrammarError
from mailcore.protocol import sasl_client
from mailcore.protocol.imap import client
from mailcore.protocol.imap.client import Status
from mailcore.proxyd import dial
from mailcore.proxyd.nodes import Node
from mailcore.proxyd.outcome import Credentials, Entered, NotNow, Refused, Unavailable
from mailcore.proxyd.speaker import Speaker
from mailcore.server.wire import CommandTooLong, Disconnected, TimedOut

_MOST_LINES = 100
_MOST_LITERAL = 8_192
# What says "not this login"; any other code says "not now".  RFC 5530 §3.
_WRONG = frozenset({"", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED"})


class ImapNode:
    """One dialogue with one node; lives until the login has succeeded or failed.

    `deadline` is in the loop's time.
    """

    def __init__(self, speaker: Speaker, node: Node, authorities: str, deadline: float) -> None:
        self.speaker = speaker
        self.node = node
        self.authorities = authorities
        self.deadline = deadline
        self.capabilities: tuple[str, ...] = ()
        self._lines = 0
        self._tags = 0

    async def greet(self) -> None:
        """Hear the greeting, begin TLS where that is asked for, know the capabilities."""
        try:
            first = client.greeting(await self._line())
        except GrammarError as error:
            raise Unavailable(f"{self.node.name}: {error}") from None
        if self.node.tls == "starttls":
            await self._expect_ok(b"STARTTLS")
            await dial.start_tls(self.speaker, self.node, self.authorities)
        elif first.code == "CAPABILITY":
            self.capabilities = client.words(first.data)
        if not self.capabilities:
            await self._expect_ok(b"CAPABILITY")
        if "IMAP4REV1" not in self._able:
            raise Unavailable(f"{self.node.name} does not speak IMAP4rev1")

    async def enter(self, credentials: Credentials, fields: Mapping[str, str]) -> Entered:
        """Log in, after saying who the client is.  Raises Refused and Unavailable."""
        if fields and "ID" in self._able:
            tag = self._tag()
            self._send(client.identify(tag, fields))
            await self._answer(tag)
        tag = self._tag()
        pieces = self._login(tag, credentials)
        self.capabilities = ()
        for piece in pieces[:-1]:
            self._send(piece)
            found = await self._answer(tag, prompt=True)
            if found is not None:
                return await self._entered(found)
        self._send(pieces[-1])
        found = await self._answer(tag)
        assert found is not None
        return await self._entered(found)

    @property
    def _able(self) -> frozenset[str]:
        return frozenset(name.upper() for name in self.capabilities)

    def _login(self, tag: bytes, credentials: Credentials) -> list[bytes]:
        able = self._able
        try:
            if "AUTH=PLAIN" in able:
                said = sasl_client.plain(
                    credentials.authzid, credentials.name, credentials.password
                )
                return client.authenticate_plain(tag, said, at_once="SASL-IR" in able)
            if "LOGINDISABLED" not in able and not credentials.authzid:
                return client.login(tag, credentials.name, credentials.password)
        except GrammarError:
            raise Refused from None
        raise NotNow(f"{self.node.name} takes no password this way")

    async def _entered(self, found: Status) -> Entered:
        if found.word == "NO" and found.code in _WRONG:
            raise Refused(found.code)
        if found.word != "OK":
            raise NotNow(f"{self.node.name}: {found.word} [{found.code}] {found.text}")
        if found.code == "CAPABILITY":
            self.capabilities = client.words(found.data)
        if not self.capabilities:
            await self._expect_ok(b"CAPABILITY")
        return Entered(self.speaker, self.capabilities)

    async def _expect_ok(self, command: bytes) -> None:
        tag = self._tag()
        self._send(tag + b" " + command + b"\r\n")
        found = await self._answer(tag)
        if found is None or found.word != "OK":
            raise Unavailable(f"{self.node.name} refuses {command.decode()}")

    def _tag(self) -> bytes:
        self._tags += 1
        return b"p%d" % self._tags

    def _send(self, data: bytes) -> None:
        self.speaker.wire.write(data)

    async def _answer(self, tag: bytes, *, prompt: bool = False) -> Status | None:
        """The tagged response; None when the node asks for more, which it may if `prompt`."""
        while True:
            line = await self._line()
            if line.startswith(b"+"):
                if prompt:
                    return None
                raise Unavailable(f"{self.node.name} asks for more than there is")
            if line.startswith(b"* "):
                self.capabilities = client.capability_line(line) or self.capabilities
                continue
            found = client.status(line)
            if found is None or found.tag != tag:
                raise Unavailable(f"{self.node.name} says what is no answer")
            return found

    async def _line(self) -> bytes:
        wire = self.speaker.wire
        line = b""
        self._lines += 1
        if self._lines > _MOST_LINES:
            raise Unavailable(f"{self.node.name} says too much")
        try:
            while True:
                left = max(self.deadline - self.speaker.loop.time(), 0.0)
                line += (await wire.line(client.MAX_LINE, left)).rstrip(b"\r\n")
                size = client.literal_size(line)
                if not size:
                    return line
                if size > _MOST_LITERAL or len(line) > client.MAX_LINE:
                    raise Unavailable(f"{self.node.name} says too much")
                await self._skip(size)
                line = line[: line.rindex(b"{")]
        except (CommandTooLong, TimedOut, Disconnected, ConnectionError) as error:
            raise Unavailable(f"{self.node.name}: {error!r}") from None

    async def _skip(self, size: int) -> None:
        while size:
            size -= len(await self.speaker.wire.some(self.deadline, size))


async def probe(speaker: Speaker, node: Node, authorities: str, deadline: float) -> tuple[str, ...]:
    """What the node's server says it can do before a login.  Raises Unavailable."""
    dialogue = ImapNode(speaker, node, authorities, deadline)
    await dialogue.greet()
    speaker.wire.write(b"p9 LOGOUT\r\n")
    return dialogue.capabilities
