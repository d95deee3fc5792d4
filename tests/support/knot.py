"""Knot DNS (Debian's) on a port of its own: a DNS server that nobody wrote for these tests."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import dns.exception
import dns.query
import dns.rdatatype
from dns.message import make_query

from tests.support.ports import free_ports

PROGRAM = "/usr/sbin/knotd"
_CONFIGURATION = """\
server:
    rundir: "{home}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "{home}"
    journal-db-max-size: 1M
    kasp-db-max-size: 5M
    timer-db-max-size: 1M
zone:
  - domain: .
    file: "{home}/root.zone"
    zonefile-sync: -1
    journal-content: none
    dnssec-signing: {signed}
"""
_TOP = [". 0 IN SOA ns. root. 1 60 60 60 0", ". 0 IN NS ns.", "ns. 0 IN A 127.0.0.1"]


class Knot:
    """Serves `zone`, name → type → records as text, as the whole of DNS; TTLs are 0.

    `signed` has it sign what it serves (NSEC, a key of its own).  Names that are not there
    don't exist; aliases are followed, for one zone has it all.
    """

    def __init__(
        self,
        directory: Path,
        zone: Mapping[str, Mapping[str, Sequence[str]]],
        *,
        signed: bool = False,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        lines = [
            f"{name}. 0 IN {kind} {record}"
            for name, records in zone.items()
            for kind, each in records.items()
            for record in each
        ]
        (directory / "root.zone").write_text("\n".join([*_TOP, *lines]) + "\n")
        for tries_left in (2, 1, 0):  # a port that was free may be somebody's by now
            self._start(directory, signed=signed)
            try:
                self._wait(directory / "knot.log")
                return
            except RuntimeError:
                self.stop()
                if not tries_left:
                    raise

    def _start(self, directory: Path, *, signed: bool) -> None:
        (self.port,) = free_ports(1)
        configuration = directory / "knot.conf"
        configuration.write_text(
            _CONFIGURATION.format(home=directory, port=self.port, signed="on" if signed else "off")
        )
        with (directory / "knot.log").open("wb") as log:
            self._process = subprocess.Popen([PROGRAM, "-c", configuration], stderr=log, stdout=log)

    @property
    def address(self) -> str:
        """As the setting queue.resolvers wants it."""
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _wait(self, log: Path) -> None:
        """Until it answers for its zone."""
        question = make_query("ns.", dns.rdatatype.A)
        until = time.monotonic() + 30
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if dns.query.udp(question, "127.0.0.1", port=self.port, timeout=0.2).answer:
                    return
            except (dns.exception.DNSException, OSError):
                pass
            time.sleep(0.01)
        raise RuntimeError(f"knotd did not start: {log.read_text()}")
