"""One connection to another server: bytes out, whole replies in, every wait bounded."""

import math
import socket
import ssl
import time
from collections.abc import Callable

from mailcore.errors import GrammarError
from mailcore.protocol import reply as replies
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import exdata
from mailcore.transports.esmtp.transcript import Transcript

LONGEST_LINE = 4_096
MOST_LINES = 200
_READ = 16_384


class BadPeer(OSError):
    """What the other end does makes this connection useless; the next server may be better."""


class Wire:
    """A socket with a line buffer.  Raises OSError (BadPeer and TimeoutError among them).

    No wait goes beyond `deadline` (monotonic seconds): a server that answers ever more slowly
    must not hold an attempt for longer than its lease.
    """

    def __init__(self, connection: socket.socket, deadline: float = math.inf) -> None:
        self._socket = connection
        self._buffer = b""
        self.deadline = deadline
        self.transcript: Transcript | None = None
        self.leave: Callable[[], None] = lambda: None  # gives back its place in the network
        self.encrypted = isinstance(connection, ssl.SSLSocket)

    def send(self, data: bytes, timeout: float) -> None:
        self._limit(timeout)
        self._socket.sendall(data)

    def command(self, data: bytes, timeout: float, *, secret: bool = False) -> None:
        """Send whole command lines, which the transcript may show unless they are secret."""
        if self.transcript is not None:
            self.transcript.said(b"(secret)" if secret else data)
        self.send(data, timeout)

    def reply(self, timeout: float) -> Reply:
        """The next reply, complete."""
        lines: list[bytes] = []
        while len(lines) < MOST_LINES:
            line = self._line(timeout)
            lines.append(line)
            if replies.is_last(line):
                return self._parsed(lines)
        raise BadPeer("the server's reply has no end")

    def replies(self, timeout: float, each: float, recipients: int) -> tuple[list[Reply], bool]:
        """The answer to a message, for each recipient; and whether it was complete.

        One reply is for all of them.  With `each` (seconds) a 558 reply has one for each: EXDATA.
        """
        lines = [self._line(timeout)]
        is_split = bool(each) and lines[0][:4] == b"%d-" % exdata.CODE
        most = MOST_LINES * recipients if is_split else MOST_LINES
        try:
            while not replies.is_last(lines[-1]):
                if len(lines) >= most:
                    raise BadPeer("the server's reply has no end")
                lines.append(self._line(each if is_split else timeout))
        except OSError:
            if not is_split:
                raise
            return exdata.unfinished(lines, recipients), False
        reply = self._parsed(lines)
        if each and reply.code == exdata.CODE:
            return exdata.split(reply.text, recipients), True
        return [reply] * recipients, True

    def start_tls(self, context: ssl.SSLContext, name: str, timeout: float) -> None:
        """Speak TLS from here on.  Anything sent before the handshake is an injection."""
        if self._buffer:
            raise BadPeer("the server sent something before TLS began")
        self._limit(timeout)
        self._socket = context.wrap_socket(self._socket, server_hostname=name or None)
        self.encrypted = True

    @property
    def tls(self) -> str:
        """`TLSv1.3`, or empty."""
        return (self._socket.version() or "") if isinstance(self._socket, ssl.SSLSocket) else ""

    def certificates(self) -> list[bytes]:
        """What the server has shown, its own first, as DER; not verified."""
        if not isinstance(self._socket, ssl.SSLSocket):
            return []
        # Public from Python 3.13 on; the object below it has had it since 3.10.
        shown = self._socket._sslobj.get_unverified_chain() or ()  # type: ignore[attr-defined]
        return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in shown]

    @property
    def source(self) -> str:
        """Our own address on this connection."""
        return str(self._socket.getsockname()[0])

    def is_quiet(self) -> bool:
        """Whether an idle connection is still good: nothing unasked came, not even its end."""
        if self._buffer:
            return False
        self._socket.setblocking(False)
        try:
            self._buffer = self._socket.recv(_READ)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        self._socket.close()
        self.leave()

    def _limit(self, timeout: float) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the attempt has taken too long")
        self._socket.settimeout(min(timeout, left))

    def _line(self, timeout: float) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise BadPeer("the server's reply line is too long")
            self._limit(timeout)
            more = self._socket.recv(_READ)
            if not more:
                raise BadPeer("the server closed the connection")
            self._buffer += more
        line, self._buffer = self._buffer[: end + 1], self._buffer[end + 1 :]
        return line

    def _parsed(self, lines: list[bytes]) -> Reply:
        if self.transcript is not None:
            self.transcript.heard(lines)
        try:
            return replies.parse(lines)
        except GrammarError:
            raise BadPeer("the server answers with something that is not SMTP") from None
