"""Ask a domain's own mail server whether it takes mail for an address.  No mail is sent.

In clear and without logging in: MAIL FROM:<>, RCPT TO and QUIT, at two addresses at most.
"""

import contextlib
import time
from dataclasses import dataclass
from enum import Enum

from mailcore.dns import mx
from mailcore.dns.mx import Rules
from mailcore.dns.resolver import Resolver
from mailcore.envelope import Path
from mailcore.errors import GrammarError, PermanentFailure, TemporaryFailure
from mailcore.net.dial import dial
from mailcore.net.https import is_public
from mailcore.protocol import reply as replies
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import client
from mailcore.protocol.smtp.client import Extensions

_MOST_SERVERS = 2
_MOST_OCTETS = 65_536  # of all replies of one server


class Finding(Enum):
    """What the domain says of the address."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Caller:
    """How we call: as `me`, within `seconds` in all.

    `port` and `private` (addresses that are not public may be called) differ in tests only: who
    writes to us must not make us talk to our own network.
    """

    me: str
    seconds: float
    port: int = 25
    private: bool = False

    def ask(self, path: Path, resolver: Resolver) -> tuple[Finding, str]:
        """What is found, and the words for it.  Blocks; never raises."""
        deadline = time.monotonic() + self.seconds
        try:
            targets = mx.targets(path.domain, resolver, Rules())
        except PermanentFailure as problem:
            return Finding.BAD, problem.text
        except TemporaryFailure as problem:
            return Finding.UNKNOWN, problem.text
        allowed = [one.address for one in targets if self.private or is_public(one.address)]
        said = "none of its servers can be reached"
        for address in allowed[:_MOST_SERVERS]:
            try:
                reply = _Call(address, self.port, deadline).verdict(self.me, path)
            except (OSError, GrammarError):
                continue
            if reply.is_success:
                return Finding.GOOD, ""
            if reply.code >= 500:
                return Finding.BAD, str(reply)
            said = str(reply)
        return Finding.UNKNOWN, said


class _Call:
    """One connection.  Raises OSError and GrammarError."""

    def __init__(self, address: str, port: int, deadline: float) -> None:
        self._deadline = deadline
        self._socket = dial(address, port, self._left())
        self._buffer = b""
        self._read = 0

    def verdict(self, me: str, path: Path) -> Reply:
        """The reply to RCPT; a server that refuses before is not heard about the address."""
        with contextlib.closing(self._socket):
            if not self._reply().is_success:
                raise ConnectionError("it greets nobody")
            if not self._say(client.ehlo(me)).is_success:
                self._must(client.helo(me))
            none = Extensions()
            self._must(client.mail("", client.MailWishes(), none))
            reply = self._say(client.rcpt(str(path), "", "", none))
            with contextlib.suppress(OSError):
                self._socket.sendall(b"QUIT\r\n")
            return reply

    def _must(self, command: bytes) -> None:
        if not self._say(command).is_success:
            raise ConnectionError("it wants to hear no more")

    def _say(self, command: bytes) -> Reply:
        self._socket.settimeout(self._left())
        self._socket.sendall(command)
        return self._reply()

    def _reply(self) -> Reply:
        lines = [self._line()]
        while not replies.is_last(lines[-1]):
            lines.append(self._line())
        return replies.parse(lines)

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            self._socket.settimeout(self._left())
            data = self._socket.recv(4_096)
            self._read += len(data)
            if not data or self._read > _MOST_OCTETS:
                raise ConnectionError("it hung up, or never ends")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line + b"\n"

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left
