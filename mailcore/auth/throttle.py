"""Slow down guessing: one count per address, one per account, shared by every protocol.

A peer that guessed too often waits, whoever it asks for.  An account that was guessed
at too often is closed to peers that never got in before, and stays open to those that
did, so nobody can lock its owner out.
"""

from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

from mailcore import status
from mailcore.bus import counters
from mailcore.conf.schema.auth import Auth
from mailcore.errors import TemporaryFailure

KNOWN_SECONDS = 30 * 86400
_TOO_MANY = status.Status(4, 7, 0)


def _peer(peer: str) -> str:
    """An IPv6 peer owns its /64; counting single addresses would count nothing."""
    try:
        address = ip_address(peer)
    except ValueError:
        return "local"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(getattr(address, "ipv4_mapped", None) or address)


def _key(*parts: str) -> str:
    return "login:" + blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def check(name: str, peer: str, rules: Auth) -> None:
    """Raise TemporaryFailure (4.7.0) when this peer or this account has to wait."""
    peer = _peer(peer)
    from_peer, of_account, known = counters.read(
        _key("peer", peer), _key("account", name), _key("known", name, peer)
    )
    if known and from_peer < rules.failures_per_peer * 4:
        return
    if from_peer >= rules.failures_per_peer or of_account >= rules.failures_per_account:
        raise TemporaryFailure(_TOO_MANY, "Too many failed logins, try again later.")


def failed(name: str, peer: str, rules: Auth) -> None:
    """Count a wrong password."""
    peer = _peer(peer)
    counters.add(_key("peer", peer), rules.failure_window)
    counters.add(_key("account", name), rules.failure_window)


def succeeded(name: str, peer: str) -> None:
    """Remember that this peer knows the password."""
    peer = _peer(peer)
    if counters.add(_key("known", name, peer), KNOWN_SECONDS) == 1:
        counters.forget(_key("peer", peer))
