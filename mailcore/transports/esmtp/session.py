"""A greeted session with a server: EHLO, TLS, login.  Courier's policy on what may fail how.

A greeting or EHLO that says no is the answer for the domain, so no other MX is asked: that is a
DeliveryError.  Trouble of the network, TLS or login is an OSError: the next MX may do better.
"""

import base64
import hashlib
import hmac
import math
import time
from dataclasses import dataclass

from mailcore import status
from mailcore.dns.mx import Target
from mailcore.errors import DeliveryError, PermanentFailure, TemporaryFailure
from mailcore.net.dial import dial
from mailcore.net.tls import client_context
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import client
from mailcore.protocol.smtp.client import Extensions
from mailcore.transports.esmtp.wire import BadPeer, Wire

MOST_REPLY_LINES = 10  # of one reply are kept; Courier


@dataclass(frozen=True, slots=True)
class Manners:
    """How to behave towards servers: names, times in seconds, TLS, login."""

    helo: str
    connect: float = 60
    greeting: float = 300
    command: float = 600
    data: float = 300
    quit: float = 10
    starttls: bool = True
    verify: bool = False
    security: str = ""
    login: tuple[str, str] | None = None
    source_ipv4: str = ""
    source_ipv6: str = ""


class TlsBroken(BadPeer):
    """STARTTLS was offered and does not work; speaking in clear may."""


class Session:
    """One connection that is ready for MAIL.  `command` and `peer` are for the record."""

    def __init__(
        self, target: Target, port: int, manners: Manners, deadline: float = math.inf
    ) -> None:
        self.manners = manners
        self.target = target
        self.peer = f"{target.host} [{target.address}]"
        self.command = ""
        self.offered = Extensions()
        self.idle_since = 0.0
        self.fresh = True  # nothing to RSET yet
        self.usable = True
        self.served = 0  # messages it has had
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the attempt has taken too long")
        connection = dial(
            target.address,
            port,
            min(manners.connect, left),
            source_ipv4=manners.source_ipv4,
            source_ipv6=manners.source_ipv6,
        )
        self.wire = Wire(connection, deadline)

    def open(self, *, in_clear: bool = False) -> None:
        """Greeting, EHLO, TLS, login.  `in_clear`: this server's STARTTLS is known to be broken."""
        manners = self.manners
        try:
            if manners.security == "SMTPS":
                self._handshake()
            self._expect(self.wire.reply(manners.greeting), "greeting")
            self._hello()
            if not self.wire.encrypted and not in_clear:
                self._starttls()
            if manners.login:
                self._login(*manners.login)
        except (OSError, DeliveryError):
            self.wire.close()
            raise

    def say(self, line: bytes, timeout: float = 0) -> Reply:
        """One command, one reply."""
        self.command = line.decode("utf-8", "replace").rstrip()
        self.wire.send(line, timeout or self.manners.command)
        return self.wire.reply(timeout or self.manners.command)

    def reset(self) -> bool:
        """RSET before the next transaction; False when the connection is no longer good."""
        try:
            return self.say(b"RSET\r\n").is_success
        except OSError:
            return False

    def close(self) -> None:
        """QUIT, politely and briefly."""
        try:
            if self.usable:
                self.say(b"QUIT\r\n", self.manners.quit)
        except OSError:
            pass
        finally:
            self.usable = False
            self.wire.close()

    def rest(self) -> None:
        self.idle_since = time.monotonic()

    def _hello(self) -> None:
        reply = self.say(client.ehlo(self.manners.helo), self.manners.greeting)
        if reply.is_success:
            self.offered = Extensions.of(reply)
            return
        if reply.code >= 500:
            reply = self.say(client.helo(self.manners.helo), self.manners.greeting)
        self._expect(reply, "EHLO")
        self.offered = Extensions()

    def _starttls(self) -> None:
        required = self.manners.security == "REQUIRED"
        if "STARTTLS" not in self.offered:
            if required:
                text = f"{self.target.host} does not offer the encryption that is required."
                raise PermanentFailure(status.ENCRYPTION_REQUIRED, text)
            return
        if not (self.manners.starttls or required):
            return
        reply = self.say(b"STARTTLS\r\n")
        if reply.code != 220:
            raise TlsBroken(f"STARTTLS refused: {words(reply)}")
        self._handshake()
        self._hello()

    def _handshake(self) -> None:
        context = client_context(self.manners.verify)
        name = "" if self.target.host.startswith("[") else self.target.host
        try:
            self.wire.start_tls(context, name, self.manners.greeting)
        except BadPeer:
            raise
        except (OSError, ValueError) as problem:
            raise TlsBroken(f"TLS handshake failed: {problem}") from None

    def _login(self, name: str, password: str) -> None:
        """Courier's order of mechanisms: what hides the password, then what doesn't."""
        mechanisms = self.offered.mechanisms
        private = self.wire.encrypted or self.target.address in ("127.0.0.1", "::1")
        if "CRAM-MD5" in mechanisms:
            reply = self._cram_md5(name, password)
        elif "PLAIN" in mechanisms and private:
            reply = self.say(client.auth_plain(name, password))
        elif "LOGIN" in mechanisms and private:
            self.say(b"AUTH LOGIN\r\n")
            self.say(client.base64_line(name))
            reply = self.say(client.base64_line(password))
        else:
            text = f"{self.target.host} offers no way to log in that can be used."
            raise PermanentFailure(status.AUTH_FAILED, text)
        self.command = "AUTH"
        if not reply.is_success:
            raise BadPeer(f"login refused: {words(reply)}")

    def _cram_md5(self, name: str, password: str) -> Reply:
        challenge = self.say(b"AUTH CRAM-MD5\r\n")
        if challenge.code != 334:
            return challenge
        try:
            asked = base64.b64decode(challenge.text.strip(), validate=True)
        except ValueError:
            raise BadPeer("the server's challenge can't be read") from None
        digest = hmac.new(password.encode(), asked, hashlib.md5).hexdigest()
        return self.say(client.base64_line(f"{name} {digest}"))

    def _expect(self, reply: Reply, what: str) -> None:
        """A no here is the domain's answer."""
        if reply.is_success:
            return
        self.command = self.command or what
        if reply.code >= 500:
            raise PermanentFailure(status_of(reply), words(reply))
        raise TemporaryFailure(status_of(reply), words(reply))


def words(reply: Reply) -> str:
    """A reply as the record keeps it: the peer's exact words, at most ten lines."""
    prefix = f"{reply.code} " + (f"{reply.status} " if reply.status else "")
    lines = reply.text.split("\n")[:MOST_REPLY_LINES]
    return "\n".join(prefix + line for line in lines)


def status_of(reply: Reply) -> status.Status:
    """The peer's status, or the plainest of its class; what is neither yes nor no is "later"."""
    klass = reply.code // 100
    klass = 2 if klass in (1, 2, 3) else 5 if klass == 5 else 4
    if reply.status is not None and reply.status.klass == klass:
        return reply.status
    return status.Status(klass, 0, 0)
