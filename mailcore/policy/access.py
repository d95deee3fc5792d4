"""What a peer's address alone decides: refused, trusted to relay, settings of its own.

Courier's smtpaccess: of all records that contain an address the most specific counts, and it
alone.  Nobody is trusted by default: not loopback, not private networks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from mailcore import log
from mailcore.conf.schema.registry import Snapshot, Values, overlaid
from mailcore.errors import ConfigError
from mailcore.policy import access_lines
from mailcore.protocol.reply import Reply

Network = IPv4Network | IPv6Network

_log = log.get("policy")


@dataclass(frozen=True, slots=True)
class Access:
    """What a peer may do before it has said anything.

    `suffix` is put behind each address a relaying peer names (RELAYCLIENT's value).  `block`
    refuses every recipient; `exempt` says that no DNS list is asked (an empty BLOCK).
    `values` are settings that hold for this peer: section → name → value.
    """

    denied: bool = False
    may_relay: bool = False
    suffix: str = ""
    block: Reply | None = None
    exempt: bool = False
    values: Values = field(default_factory=dict, hash=False)

    def over(self, settings: Snapshot) -> Snapshot:
        """The settings that hold for this peer."""
        return overlaid(settings, self.values) if self.values else settings


STRANGER = Access()


def judge(
    address: str,
    relay_from: Sequence[str],
    deny_from: Sequence[str],
    records: Sequence[str] = (),
) -> Access:
    """The access of the peer at `address`.

    `records` are lines of policy.access; the other two hold networks and are short for
    records that say no more.  Of the same network a record counts before them.
    """
    if not relay_from and not deny_from and not records:
        return STRANGER
    peer = _address(address)
    if peer is None:
        return STRANGER
    return _table(tuple(records), tuple(relay_from), tuple(deny_from)).find(peer)


class Table:
    """Records by network, found by the longest prefix."""

    def __init__(self, records: Mapping[Network, Access]) -> None:
        self._of: dict[int, dict[int, dict[int, Access]]] = {4: {}, 6: {}}
        for network, access in records.items():
            of = self._of[network.version].setdefault(network.prefixlen, {})
            of[int(network.network_address)] = access
        self._lengths = {
            version: sorted(found, reverse=True) for version, found in self._of.items()
        }

    def find(self, peer: IPv4Address | IPv6Address) -> Access:
        """The most specific record's access."""
        number, bits = int(peer), peer.max_prefixlen
        records = self._of[peer.version]
        for length in self._lengths[peer.version]:
            found = records[length].get(number >> (bits - length) << (bits - length))
            if found is not None:
                return found
        return STRANGER


@lru_cache(maxsize=16)
def _table(
    records: tuple[str, ...], relay_from: tuple[str, ...], deny_from: tuple[str, ...]
) -> Table:
    found: dict[Network, Access] = dict.fromkeys(_networks(deny_from), Access(denied=True))
    found |= dict.fromkeys(_networks(relay_from), Access(may_relay=True))
    for line in records:
        try:
            record = access_lines.parse(line)
        except ConfigError as error:
            _log.warning("access.unreadable", line=line, error=str(error))
            continue
        access = Access(
            denied=record.denied,
            may_relay=record.relay is not None,
            suffix=record.relay or "",
            block=record.refusal,
            exempt=record.block == "",
            values=record.values,
        )
        found |= dict.fromkeys(record.networks, access)
    return Table(found)


@lru_cache(maxsize=8192)
def listed(address: str, networks: tuple[str, ...]) -> bool:
    """Whether `address` is in one of `networks`; malformed entries contain nobody."""
    peer = _address(address) if networks else None
    return peer is not None and any(
        peer in network for network in _networks(networks) if network.version == peer.version
    )


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        peer = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped is not None:
        return peer.ipv4_mapped
    return peer


@lru_cache(maxsize=64)
def _networks(written: tuple[str, ...]) -> tuple[Network, ...]:
    found: list[Network] = []
    for text in written:
        try:
            found.append(ip_network(text.strip(), strict=False))
        except ValueError:
            continue
    return tuple(found)
