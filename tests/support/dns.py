"""A real DNS server for tests: answers a zone over UDP and TCP, or fails as told."""

import socket
import socketserver
import struct
import threading
from collections.abc import Mapping, Sequence

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[str, Mapping[str, Sequence[str]]]


class DnsServer:
    """`zone` is name → type → records as text, for instance {"a.test": {"MX": ["10 mx.a.test."]}}.

    A name in `broken` answers SERVFAIL, one in `silent` nothing but what the zone has for it;
    `asked` keeps the questions.  TTLs are 0 unless given, so that a test may change the zone.
    """

    def __init__(self, zone: Zone) -> None:
        self.zone = {_canonical(name): dict(records) for name, records in zone.items()}
        self.broken: set[str] = set()
        self.silent: set[str] = set()
        self.secure = False  # whether answers say that signatures were verified
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Udp(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, sock = self.request
                reply = outer.answer(data)
                if reply:
                    sock.sendto(reply, self.client_address)

        class Tcp(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                size = struct.unpack("!H", self.request.recv(2))[0]
                reply = outer.answer(self.request.recv(size))
                if reply:
                    self.request.sendall(struct.pack("!H", len(reply)) + reply)

        self.udp, self.tcp = _same_port(Udp, Tcp)
        self.port = self.udp.server_address[1]
        for server in (self.udp, self.tcp):
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def address(self) -> str:
        """As the setting queue.resolvers wants it."""
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        for server in (self.udp, self.tcp):
            server.shutdown()
            server.server_close()

    def answer(self, data: bytes) -> bytes | None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent and kind not in self.zone.get(name, {}):
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        else:
            self._resolve(reply, question.name, kind)
            reply.flags |= dns.flags.AD if self.secure else 0
        return reply.to_wire()

    def _resolve(self, reply: dns.message.Message, name: dns.name.Name, kind: str) -> None:
        """Follow aliases to their end, as a resolver does for who asks it."""
        for _ in range(16):
            records = self.zone.get(name.to_text(omit_final_dot=True).lower())
            if records is None:
                reply.set_rcode(dns.rcode.NXDOMAIN)
                return
            if found := records.get(kind):
                reply.answer.append(dns.rrset.from_text(name, 0, "IN", kind, *found))
                return
            if not (target := records.get("CNAME")):
                return
            reply.answer.append(dns.rrset.from_text(name, 0, "IN", "CNAME", *target))
            name = dns.name.from_text(target[0])


def _canonical(name: str) -> str:
    """The name as questions for it are told: odd octets escaped."""
    try:
        return dns.name.from_text(name).to_text(omit_final_dot=True).lower()
    except dns.exception.DNSException:
        return name.lower()


def _same_port(
    udp: type[socketserver.BaseRequestHandler], tcp: type[socketserver.BaseRequestHandler]
) -> tuple[socketserver.ThreadingUDPServer, socketserver.ThreadingTCPServer]:
    """Both servers on a port that is free for both."""
    for _ in range(50):
        one = socketserver.ThreadingUDPServer(("127.0.0.1", 0), udp)
        try:
            return one, socketserver.ThreadingTCPServer(one.server_address, tcp)
        except OSError:
            one.server_close()
    raise RuntimeError("no port is free for UDP and TCP")


def dead_address() -> str:
    """An address:port where nobody answers DNS, and nobody refuses either."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holder.bind(("127.0.0.1", 0))
    _held.append(holder)
    return f"127.0.0.1:{holder.getsockname()[1]}"


_held: list[socket.socket] = []
