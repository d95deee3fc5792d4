"""Unbound (Debian's) on a port of its own: a resolver that verifies signatures."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import dns.exception
import dns.query
import dns.rdatatype
from dns.message import make_query

from tests.support.knot import Knot
from tests.support.ports import free_ports

PROGRAM = "/usr/sbin/unbound"
_CONFIGURATION = """\
server:
    directory: "{home}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    logfile: ""
    interface: 127.0.0.1@{port}
    num-threads: 1
    do-ip6: no
    do-not-query-localhost: no
    module-config: "validator iterator"
    trust-anchor: "{anchor}"
    local-zone: "test." nodefault
    cache-max-ttl: 1
    cache-max-negative-ttl: 0
{insecure}
stub-zone:
    name: "."
    stub-addr: 127.0.0.1@{above}
"""


class Unbound:
    """Resolves by `above`, a signed Knot, and says AD where its signatures are good.

    Names below `insecure` are answered without a look at them; with another `anchor` nothing
    verifies.
    """

    def __init__(
        self, directory: Path, above: Knot, *, insecure: Sequence[str] = (), anchor: str = ""
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        (self.port,) = free_ports(1)
        file = directory / "unbound.conf"
        file.write_text(
            _CONFIGURATION.format(
                home=directory,
                port=self.port,
                above=above.port,
                anchor=anchor or anchor_of(above),
                insecure="".join(f'    domain-insecure: "{name}"\n' for name in insecure),
            )
        )
        with (directory / "unbound.log").open("wb") as log:
            self._process = subprocess.Popen([PROGRAM, "-d", "-c", file], stdout=log, stderr=log)
        until = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < until:
            try:
                dns.query.udp(make_query("ns.", dns.rdatatype.A), "127.0.0.1", 0.2, self.port)
                return
            except (dns.exception.DNSException, OSError):
                time.sleep(0.01)
        self.stop()
        raise RuntimeError(f"unbound did not start: {(directory / 'unbound.log').read_text()}")

    @property
    def address(self) -> str:
        """As the setting queue.resolvers wants it."""
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def anchor_of(server: Knot) -> str:
    """The server's own root key, as a trust anchor."""
    until = time.monotonic() + 30
    question = make_query(".", dns.rdatatype.DNSKEY)
    while time.monotonic() < until:
        answer = dns.query.tcp(question, "127.0.0.1", 5, server.port)
        for rrset in answer.answer:
            for key in rrset:
                if key.flags & 1:
                    return f". DNSKEY {key.to_text()}"
        time.sleep(0.05)
    raise RuntimeError("the zone is not signed")
