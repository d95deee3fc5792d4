"""How many connections at once: in all, and from one network neighbour."""

from collections import Counter
from functools import lru_cache
from ipaddress import IPv6Address, ip_address


class ConnectionLimits:
    """Counts the connections of one server process; 0 means no limit.

    An IPv6 peer is its /64: counting single addresses would count nothing.  Its network is the
    /24 of an IPv4 peer (Courier MAXPERC), the /48 of an IPv6 one.
    """

    def __init__(self, total: int, per_address: int, per_network: int = 0) -> None:
        self.total = total
        self.per_address = per_address
        self.per_network = per_network
        self.open = 0
        self._by_neighbour: Counter[str] = Counter()
        self._by_network: Counter[str] = Counter()

    @property
    def is_tight(self) -> bool:
        """Nine tenths of all connections are taken."""
        return bool(self.total) and self.open * 10 >= self.total * 9

    def admit(self, address: str, per_address: int | None = None) -> bool:
        """Count a new connection from `address`; False (and not counted) when over a limit.

        `per_address` is this peer's own limit, None that of all.
        """
        if per_address is None:
            per_address = self.per_address
        neighbour = neighbourhood(address)
        if self.total and self.open >= self.total:
            return False
        if per_address and self._by_neighbour[neighbour] >= per_address:
            return False
        around = network(address)
        if self.per_network and self._by_network[around] >= self.per_network:
            return False
        self.open += 1
        self._by_neighbour[neighbour] += 1
        self._by_network[around] += 1
        return True

    def release(self, address: str) -> None:
        """A connection that was admitted has ended."""
        neighbour = neighbourhood(address)
        self.open -= 1
        self._by_neighbour[neighbour] -= 1
        if self._by_neighbour[neighbour] <= 0:
            del self._by_neighbour[neighbour]
        around = network(address)
        self._by_network[around] -= 1
        if self._by_network[around] <= 0:
            del self._by_network[around]


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
def network(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one."""
    near = neighbourhood(address)
    try:
        found = ip_address(near)
    except ValueError:
        return near
    bits = 80 if isinstance(found, IPv6Address) else 8
    return f"{int(found) >> bits:x}/{found.version}"


@lru_cache(maxsize=4096)
def is_public(address: str) -> bool:
    """Whether the peer is out on the Internet."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_global


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Whether the peer is a program on this machine."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback
