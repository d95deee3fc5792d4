"""The PROXY protocol's first version: a balancer's word on who the client is.

`PROXY TCP4 192.0.2.1 198.51.100.2 40000 25`.  Only to be believed from balancers that
are listed.  Courier -haproxy.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from mailcore.errors import GrammarError

MAX_LINE = 107  # octets, line end included

_LINE = re.compile(
    rb"PROXY (?:(?P<family>TCP[46]) (?P<source>[0-9A-Fa-f:.]{2,39}) (?P<local>[0-9A-Fa-f:.]{2,39})"
    rb" (?P<ports>[0-9]{1,5} [0-9]{1,5})|UNKNOWN[ -~]*)\r\n"
)


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
