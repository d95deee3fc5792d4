"""A greeted session with a server: EHLO, TLS, what was demanded.  Courier's policy on what may
fail how.

A greeting or EHLO that says no is the answer for the domain, so no other MX is asked: that is a
DeliveryError.  Trouble of the network, TLS or login is an OSError: the next MX may do better.
"""

import math
import ssl
import time
from dataclasses import dataclass

from mailcore import status
from mailcore.dns.mx import Target
from mailcore.errors import DeliveryError, PermanentFailure, TemporaryFailure
from mailcore.net.dane import is_authentic
from mailcore.net.dial import dial
from mailcore.net.socks import Proxy
from mailcore.net.tls import client_context
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import client
from mailcore.protocol.smtp.client import Extensions
from mailcore.transports.esmtp.security import NO_LEVEL, Demand
from mailcore.transports.esmtp.wire import BadPeer, Wire
from mailcore.transports.esmtp.words import status_of, words

_RESULTS = {10: "certificate-expired", 62: "certificate-host-mismatch"}  # OpenSSL's X509_V_ERR


@dataclass(frozen=True, slots=True)
class Manners:
    """How to behave towards servers: names, times in seconds, login."""

    helo: str
    connect: float = 60
    greeting: float = 300
    command: float = 600
    data: float = 300
    quit: float = 10
    starttls: bool = True
    login: tuple[str, str] | None = None
    source_ipv4: str = ""
    source_ipv6: str = ""
    proxy: Proxy | None = None


class TlsBroken(BadPeer):
    """There is no TLS as it has to be; where nobody demands it, speaking in clear may do.

    `result` is RFC 8460's word for it (§4.3).
    """

    def __init__(self, text: str, result: str = "validation-failure") -> None:
        super().__init__(text)
        self.result = result


class Session:
    """One connection that is ready for MAIL.  `command` and `peer` are for the record."""

    def __init__(
        self,
        target: Target,
        port: int,
        manners: Manners,
        demand: Demand,
        deadline: float = math.inf,
    ) -> None:
        self.manners = manners
        self.demand = demand
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
            proxy=manners.proxy,
        )
        self.wire = Wire(connection, deadline)

    def open(self, *, in_clear: bool = False) -> None:
        """Greeting, EHLO, TLS.  `in_clear`: this server's STARTTLS is known to be broken."""
        manners = self.manners
        try:
            if self.demand.implicit:
                self._handshake()
            self._expect(self.wire.reply(manners.greeting), "greeting")
            self._hello()
            if not self.wire.encrypted and not in_clear:
                self._starttls()
            if self.demand.require_tls and "REQUIRETLS" not in self.offered:
                text = f"{self.target.host} does not support REQUIRETLS."
                raise PermanentFailure(status.REQUIRETLS_NEEDED, text)
        except (OSError, DeliveryError):
            self.wire.close()
            raise

    def say(self, line: bytes, timeout: float = 0, *, secret: bool = False) -> Reply:
        """One command, one reply."""
        self.command = line.decode("utf-8", "replace").rstrip()
        self.wire.command(line, timeout or self.manners.command, secret=secret)
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
        demand, host = self.demand, self.target.host
        if demand.private and not self.offered.private_security:
            text = f"{NO_LEVEL}: {host} does not offer SECURITY=STARTTLS."
            raise PermanentFailure(status.ENCRYPTION_REQUIRED, text)
        if "STARTTLS" not in self.offered:
            if demand.final:
                text = f"{host} does not offer the encryption that is required."
                raise PermanentFailure(status.ENCRYPTION_REQUIRED, text)
            if demand.forbids_clear:
                raise TlsBroken("does not offer STARTTLS", "starttls-not-supported")
            return
        if not (self.manners.starttls or demand.forbids_clear):
            return
        reply = self.say(b"STARTTLS\r\n")
        try:
            if reply.code != 220:
                raise TlsBroken(f"STARTTLS refused: {words(reply)}", "starttls-not-supported")
            self._handshake()
        except TlsBroken as problem:
            if demand.private:
                text = f"{NO_LEVEL}: {problem}"
                raise PermanentFailure(status.ENCRYPTION_REQUIRED, text) from None
            raise
        self._hello()

    def _handshake(self) -> None:
        """Raises TlsBroken.  A literal address has no name that a certificate could bear."""
        context = client_context(self.demand.trust)
        name = self.demand.base or self.target.host.strip("[]").removeprefix("IPv6:")
        try:
            self.wire.start_tls(context, name, self.manners.greeting)
        except BadPeer:
            raise
        except ssl.SSLCertVerificationError as problem:
            result = _RESULTS.get(problem.verify_code, "certificate-not-trusted")
            raise TlsBroken(f"TLS handshake failed: {problem.verify_message}", result) from None
        except (OSError, ValueError) as problem:
            raise TlsBroken(f"TLS handshake failed: {problem}") from None
        demand = self.demand
        if demand.tlsa and not is_authentic(
            self.wire.certificates(), demand.tlsa, (name, *demand.names)
        ):
            raise TlsBroken("its certificate is none that its TLSA records name")

    def _expect(self, reply: Reply, what: str) -> None:
        """A no here is the domain's answer."""
        if reply.is_success:
            return
        self.command = self.command or what
        if reply.code >= 500:
            raise PermanentFailure(status_of(reply), words(reply))
        raise TemporaryFailure(status_of(reply), words(reply))
