"""Connect out: address family, source address, time limit."""

import ipaddress
import socket

from mailcore.net import socks
from mailcore.net.socks import Proxy


def dial(
    address: str,
    port: int,
    timeout: float,
    *,
    source_ipv4: str = "",
    source_ipv6: str = "",
    proxy: Proxy | None = None,
) -> socket.socket:
    """A connected socket, small writes sent at once.  Raises OSError, TimeoutError among them.

    By way of a proxy the source addresses are the proxy's own affair.
    """
    version = ipaddress.ip_address(address).version
    source = source_ipv6 if version == 6 else source_ipv4
    if proxy is not None:
        connection = socks.connect(proxy, address, port, timeout)
    else:
        connection = socket.create_connection(
            (address, port), timeout, source_address=(source, 0) if source else None
        )
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def own_addresses() -> frozenset[str]:
    """Addresses by which this machine reaches others, and loopback's."""
    found = {"127.0.0.1", "::1"}
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((far, 9))  # sends nothing: only asks the routing table
                found.add(str(probe.getsockname()[0]))
        except OSError:
            continue
    return frozenset(found)
