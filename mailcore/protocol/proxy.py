"""The PROXY protocol, versions 1 and 2: a balancer's word on who the client is.

Only to be believed from balancers that are listed.  Courier -haproxy.

    PROXY TCP4 192.0.2.1 198.51.100.2 40000 25     version 1, a line
    12 octets, version, family, length, addresses   version 2, binary
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from mailcore.errors import GrammarError

MAX_LINE = 107  # octets of version 1, line end included
MAX_BODY = 2_048  # octets of version 2 behind its 16: addresses and what we skip
HEAD = 16  # octets of version 2 that say how many follow
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"

_LINE = re.compile(
    rb"PROXY (?:(?P<family>TCP[46]) (?P<source>[0-9A-Fa-f:.]{2,39}) (?P<local>[0-9A-Fa-f:.]{2,39})"
    rb" (?P<ports>[0-9]{1,5} [0-9]{1,5})|UNKNOWN[ -~]*)\r\n"
)
_SIZES = {0x11: 4, 0x21: 16}  # TCP over IPv4, over IPv6: octets of one address


@dataclass(frozen=True, slots=True)
class Announced:
    """The client's address and the one it connected to."""

    peer: str
    local: str


def parse(line: bytes) -> Announced | None:
    """The announcement in a line with its CRLF; None: the balancer speaks for itself.

    Raises GrammarError.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        raise GrammarError("not a PROXY line")
    if found["family"] is None:
        return None
    try:
        source, local = (ip_address(found[name].decode("ascii")) for name in ("source", "local"))
    except ValueError:
        raise GrammarError("not a PROXY line") from None
    version = int(found["family"][3:])
    if {source.version, local.version} != {version}:
        raise GrammarError("not a PROXY line")
    if any(int(port) > 65_535 for port in found["ports"].split()):
        raise GrammarError("not a PROXY line")
    return Announced(str(source), str(local))


def length(head: bytes) -> int:
    """How many octets follow the first 16 of version 2.  Raises GrammarError."""
    if not head.startswith(SIGNATURE) or head[12] >> 4 != 2 or head[12] & 15 > 1:
        raise GrammarError("not a PROXY header")
    size = int.from_bytes(head[14:16], "big")
    if size > MAX_BODY:
        raise GrammarError("PROXY header too long")
    return size


def parse_binary(head: bytes, body: bytes) -> Announced | None:
    """Version 2's announcement; None: LOCAL, or a family that has no addresses for us.

    What follows the addresses (TLVs) is for others.  Raises GrammarError.
    """
    if not head[12] & 15 or head[13] not in _SIZES:
        return None
    size = _SIZES[head[13]]
    if len(body) < 2 * size + 4:
        raise GrammarError("PROXY header too short")
    peer, local = (_address(body[at : at + size]) for at in (0, size))
    return Announced(peer, local)


def _address(octets: bytes) -> str:
    address = ip_address(octets)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
