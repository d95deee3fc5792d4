"""DNS lists of peers: some refuse, some vouch.  RFC 5782; Courier BLACKLISTS."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from mailcore import status
from mailcore.dns.resolver import Resolver
from mailcore.errors import TemporaryFailure
from mailcore.protocol.reply import Reply

_LISTED = ip_network("127.0.0.0/8")  # anything else is a hijacked or abandoned zone
_CODE = re.compile(r"([45]\d\d)[ -]+(.*)", re.DOTALL)
_LONGEST = 300


def check(
    peer: str, block: Sequence[str], allow: Sequence[str], resolver: Resolver
) -> Reply | None:
    """Refuse a peer that a `block` list names and no `allow` list vouches for.

    An entry is a zone, or `zone=text` with the text of the refusal, which may begin with
    a reply code of its own; without one the zone's TXT record is told.  A list that
    doesn't answer says nothing.  Blocks for a lookup or two.
    """
    name = _reversed(peer)
    if name is None:
        return None
    if any(_is_listed(f"{name}.{entry.strip()}", resolver) for entry in allow):
        return None
    for entry in block:
        zone, _, text = entry.partition("=")
        zone = zone.strip()
        if zone and _is_listed(f"{name}.{zone}", resolver):
            return _refusal(text.strip() or _explanation(f"{name}.{zone}", zone, peer, resolver))
    return None


def _reversed(peer: str) -> str | None:
    """The peer's part of the name to ask for; None for addresses no list can know."""
    try:
        address: IPv4Address | IPv6Address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_private or address.is_link_local:
        return None
    if isinstance(address, IPv4Address):
        return ".".join(reversed(str(address).split(".")))
    return ".".join(reversed(address.exploded.replace(":", "")))


def _is_listed(name: str, resolver: Resolver) -> bool:
    try:
        answer = resolver.addresses(name, ipv6=False)
    except TemporaryFailure:
        return False
    return any(ip_address(record) in _LISTED for record in answer.records)


def _explanation(name: str, zone: str, peer: str, resolver: Resolver) -> str:
    try:
        texts = resolver.txt(name).records
    except TemporaryFailure:
        texts = ()
    return re.sub(r"[^\x20-\x7e]+", " ", texts[0]) if texts else f"{peer} is listed in {zone}"


def _refusal(text: str) -> Reply:
    found = _CODE.match(text)
    code, text = (int(found[1]), found[2]) if found else (511, text)
    kind = status.RELAY_DENIED.as_temporary() if code < 500 else status.RELAY_DENIED
    return Reply(code, kind, text[:_LONGEST])
