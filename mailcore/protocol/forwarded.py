"""What a proxy says of its client: address, port, and how many more proxies may follow.

Only to be believed from listed networks.  IMAP has no command for it; the fields of ID that
Dovecot's proxy uses are what everybody understands, and for POP3 its XCLIENT.

    ID ("x-originating-ip" "192.0.2.1" "x-originating-port" "40000" "x-proxy-ttl" "3")
    XCLIENT ADDR=192.0.2.1 PORT=40000 TTL=3
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from mailcore.errors import GrammarError

FIRST_TTL = 3  # proxies that may come one after the other
_PREFIX = "x-"


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The client's address, its port (0: not said), and how many more proxies may follow."""

    address: str
    port: int = 0
    ttl: int = FIRST_TTL


def fields(said: Forwarded) -> dict[str, str]:
    """The fields of ID."""
    return {
        "x-originating-ip": said.address,
        "x-originating-port": str(said.port),
        "x-proxy-ttl": str(said.ttl),
    }


def of_fields(given: Mapping[str, str]) -> Forwarded | None:
    """What the fields of an ID say (names in lower case); None when nothing.

    Raises GrammarError.
    """
    if "x-originating-ip" not in given:
        return None
    return _read(
        given["x-originating-ip"],
        given.get("x-originating-port", "0"),
        given.get("x-proxy-ttl", str(FIRST_TTL)),
    )


def own(given: Mapping[str, str]) -> dict[str, str]:
    """The fields a client may say for itself: none that a proxy would."""
    return {name: value for name, value in given.items() if not name.startswith(_PREFIX)}


def xclient(said: Forwarded) -> bytes:
    """The POP3 command."""
    return f"XCLIENT ADDR={said.address} PORT={said.port} TTL={said.ttl}\r\n".encode("ascii")


def of_xclient(argument: bytes) -> Forwarded:
    """What follows XCLIENT; fields that we have no use for are skipped.  Raises GrammarError."""
    try:
        pairs = [word.partition("=") for word in argument.decode("ascii").split()]
    except UnicodeDecodeError:
        raise GrammarError("Not a client's address.") from None
    given = {name.upper(): value for name, _, value in pairs}
    return _read(given.get("ADDR", ""), given.get("PORT", "0"), given.get("TTL", str(FIRST_TTL)))


def _read(address: str, port: str, ttl: str) -> Forwarded:
    try:
        found = ip_address(address)
    except ValueError:
        raise GrammarError("Not a client's address.") from None
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            raise GrammarError("Not a client's address.")
        found = found.ipv4_mapped or found
    numbers = [int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else -1
               for text in (port, ttl)]  # fmt: skip
    if not 0 <= numbers[0] <= 65_535 or numbers[1] < 0:
        raise GrammarError("Not a client's port.")
    return Forwarded(str(found), numbers[0], min(numbers[1], FIRST_TTL))
