"""How many connections at once: in all, and from one network neighbour."""

from collections import Counter
from functools import lru_cache
from ipaddress import IPv6Address, ip_address


class ConnectionLimits:
    """Counts the connections of one server process; 0 means no limit.

    An IPv6 peer is its /64: counting single addresses would count nothing.
    """

    def __init__(self, total: int, per_address: int) -> None:
        self.total = total
        self.per_address = per_address
        self.open = 0
        self._by_neighbour: Counter[str] = Counter()

    def admit(self, address: str) -> bool:
        """Count a new connection from `address`; False (and not counted) when over a limit."""
        neighbour = neighbourhood(address)
        if self.total and self.open >= self.total:
            return False
        if self.per_address and self._by_neighbour[neighbour] >= self.per_address:
            return False
        self.open += 1
        self._by_neighbour[neighbour] += 1
        return True

    def release(self, address: str) -> None:
        """A connection that was admitted has ended."""
        neighbour = neighbourhood(address)
        self.open -= 1
        self._by_neighbour[neighbour] -= 1
        if self._by_neighbour[neighbour] <= 0:
            del self._by_neighbour[neighbour]


@lru_cache(maxsize=4096)
def neighbourhood(address: str) -> str:
    """The IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found)


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Whether the peer is a program on this machine."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback
