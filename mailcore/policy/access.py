"""What a peer's address alone decides: refused, trusted to relay, trusted as a proxy.

Courier's smtpaccess.  Nobody is trusted by default: not loopback, not private networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Access:
    """What a peer may do before it has said anything."""

    denied: bool = False
    may_relay: bool = False


STRANGER = Access()


def judge(address: str, relay_from: Sequence[str], deny_from: Sequence[str]) -> Access:
    """The access of the peer at `address`; the two lists hold networks, as in the settings."""
    if not relay_from and not deny_from:
        return STRANGER
    return Access(listed(address, tuple(deny_from)), listed(address, tuple(relay_from)))


@lru_cache(maxsize=8192)
def listed(address: str, networks: tuple[str, ...]) -> bool:
    """Whether `address` is in one of `networks`; malformed entries contain nobody."""
    if not networks:
        return False
    try:
        peer = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped
    return any(
        peer in network for network in _networks(networks) if network.version == peer.version
    )


@lru_cache(maxsize=64)
def _networks(written: tuple[str, ...]) -> tuple[Network, ...]:
    found: list[Network] = []
    for text in written:
        try:
            found.append(ip_network(text.strip(), strict=False))
        except ValueError:
            continue
    return tuple(found)
