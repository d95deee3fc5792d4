"""Logging in at a node's POP3 server, and asking it what it can do.

As bounded as its IMAP sister.
"""

from mailcore.errors import GrammarError
from mailcore.protocol import sasl_client
from mailcore.protocol.forwarded import Forwarded, xclient
from mailcore.protocol.pop3 import client
from mailcore.protocol.pop3.client import Reply
from mailcore.proxyd import dial
from mailcore.proxyd.nodes import Node
from mailcore.proxyd.outcome import Credentials, Entered, NotNow, Refused, Unavailable
from mailcore.proxyd.speaker import Speaker
from mailcore.server.wire import CommandTooLong, Disconnected, TimedOut

_MAX_LINE = 1_024
# RFC 3206, RFC 2449 §8: any code but these says "not now".
_WRONG = frozenset({"", "AUTH"})


class Pop3Node:
    """One dialogue with one node; lives until the login has succeeded or failed."""

    def __init__(self, speaker: Speaker, node: Node, authorities: str, deadline: float) -> None:
        self.speaker = speaker
        self.node = node
        self.authorities = authorities
        self.deadline = deadline
        self.capabilities: tuple[str, ...] = ()
        self._takes_xclient = False

    async def greet(self) -> None:
        """Hear the greeting, and begin TLS where that is asked for."""
        first = await self._reply()
        if not first.ok:
            raise Unavailable(f"{self.node.name}: {first.text}")
        self._takes_xclient = first.code == "XCLIENT"
        if self.node.tls == "starttls":
            await self._expect_ok(b"STLS\r\n", "STLS")
            await dial.start_tls(self.speaker, self.node, self.authorities)

    async def ask(self) -> None:
        """Know the capabilities.  RFC 2449 §5: a server may have none."""
        self.speaker.wire.write(b"CAPA\r\n")
        if not (await self._reply()).ok:
            return
        found: list[str] = []
        while (line := await self._line()) != b".":
            found.append(line.decode("latin-1"))
            if len(found) > client.MOST_CAPABILITIES:
                raise Unavailable(f"{self.node.name} says too much")
        self.capabilities = tuple(found)

    async def enter(self, credentials: Credentials, said: Forwarded | None) -> Entered:
        """Log in, after saying who the client is.  Raises Refused and Unavailable."""
        if said is not None and self._takes_xclient:
            await self._expect_ok(xclient(said), "XCLIENT")
        await self.ask()
        try:
            pieces = self._login(credentials)
        except GrammarError:
            raise Refused from None
        for piece in pieces[:-1]:
            self.speaker.wire.write(piece)
            line = await self._line()
            if not client.is_prompt(line) and not line.startswith(b"+OK"):
                self._judge(self._read(line))
        self.speaker.wire.write(pieces[-1])
        self._judge(await self._reply())
        return Entered(self.speaker)

    def _login(self, credentials: Credentials) -> list[bytes]:
        lines = [line.upper().split() for line in self.capabilities]
        mechanisms = next((words[1:] for words in lines if words[:1] == ["SASL"]), [])
        if "PLAIN" in mechanisms:
            return client.auth_plain(
                sasl_client.plain(credentials.authzid, credentials.name, credentials.password)
            )
        if credentials.authzid:
            raise NotNow(f"{self.node.name} has no AUTH PLAIN")
        return [client.user(credentials.name), client.password(credentials.password)]

    def _judge(self, found: Reply) -> None:
        if found.ok:
            return
        if found.code in _WRONG:
            raise Refused(found.code)
        raise NotNow(f"{self.node.name}: [{found.code}] {found.text}")

    async def _expect_ok(self, command: bytes, name: str) -> None:
        self.speaker.wire.write(command)
        if not (await self._reply()).ok:
            raise Unavailable(f"{self.node.name} refuses {name}")

    async def _reply(self) -> Reply:
        return self._read(await self._line())

    def _read(self, line: bytes) -> Reply:
        try:
            return client.reply(line)
        except GrammarError as error:
            raise Unavailable(f"{self.node.name}: {error}") from None

    async def _line(self) -> bytes:
        left = max(self.deadline - self.speaker.loop.time(), 0.0)
        try:
            return (await self.speaker.wire.line(_MAX_LINE, left)).rstrip(b"\r\n")
        except (CommandTooLong, TimedOut, Disconnected, ConnectionError) as error:
            raise Unavailable(f"{self.node.name}: {error!r}") from None


async def probe(speaker: Speaker, node: Node, authorities: str, deadline: float) -> tuple[str, ...]:
    """What the node's server says it can do before a login.  Raises Unavailable."""
    dialogue = Pop3Node(speaker, node, authorities, deadline)
    await dialogue.greet()
    await dialogue.ask()
    speaker.wire.write(b"QUIT\r\n")
    return dialogue.capabilities
