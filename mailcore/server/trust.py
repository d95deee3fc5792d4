"""Which peers are proxies whose word on their clients is believed."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


@lru_cache(maxsize=4096)
def believed(peer: str, networks: tuple[str, ...]) -> bool:
    """Whether `peer` is in one of the networks; those that can't be read have nobody in them."""
    if not networks:
        return False
    try:
        found = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return any((mapped or found) in network for network in _networks(networks))


@lru_cache(maxsize=64)
def _networks(written: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    found: list[IPv4Network | IPv6Network] = []
    for text in written:
        try:
            found.append(ip_network(text.strip(), strict=False))
        except ValueError:
            continue
    return tuple(found)
