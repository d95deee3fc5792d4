"""Static routes and smart hosts.  Courier esmtproutes, esmtpauthclient."""

from collections.abc import Sequence
from dataclasses import dataclass

SMTP_PORT = 25
REQUIRED, SMTPS, STARTTLS = "REQUIRED", "SMTPS", "STARTTLS"  # SECURITY= of a route


@dataclass(frozen=True, slots=True)
class Route:
    """How to reach a domain.  `relay` empty: by its own DNS.

    `security` is "", REQUIRED (no mail without STARTTLS), SMTPS (TLS from the start) or STARTTLS
    (Courier's private authority).
    `socks` is a proxy, NONE for none though the settings name one.
    A static relay skips the check whether mail loops back to ourselves.
    """

    relay: str = ""
    port: int = SMTP_PORT
    security: str = ""
    ipv4: bool = True
    ipv6: bool = True
    socks: str = ""


def find(domain: str, routes: Sequence[str]) -> Route:
    """The first route that matches `domain`; plain DNS when none does."""
    for line in routes:
        wanted, colon, rest = line.strip().partition(":")
        if colon and not wanted.startswith("#") and _matches(domain, wanted.strip().lower()):
            return _parse(rest)
    return Route()


def login(
    relay: str, domain: str, passwords: Sequence[str], port: int = SMTP_PORT
) -> tuple[str, str] | None:
    """Name and password for a relay, or for the domain when there is no relay.

    A line may name the relay's port too, as its route does.  One without a password logs in by our
    certificate (EXTERNAL).
    """
    wanted = (relay or domain).lower()
    for line in passwords:
        parts = line.split(None, 2)
        if len(parts) >= 2 and parts[0].lower() in (wanted, f"{wanted},{port}"):
            return parts[1], "".join(parts[2:])
    return None


def _matches(domain: str, wanted: str) -> bool:
    if wanted.startswith("."):
        return domain.endswith(wanted)
    return not wanted or domain == wanted


def _parse(text: str) -> Route:
    """`relay[,port][ /FLAG[,FLAG…]]`; as in Courier only what follows the last slash is flags."""
    place, slash, flags = text.rpartition("/")
    if not slash:
        place, flags = text, ""
    relay, _, port = place.strip().partition(",")
    said = flags.replace(",", " ").split()
    words = {word.upper() for word in said}
    security = next((word[9:] for word in words if word.startswith("SECURITY=")), "")
    socks = next((word[6:] for word in said if word.upper().startswith("SOCKS=")), "")
    return Route(
        relay=relay.strip().lower(),
        port=int(port) if port.strip().isdigit() else SMTP_PORT,
        security=security,
        ipv4="IPV6ONLY" not in words,
        ipv6="IPV4ONLY" not in words,
        socks=socks,
    )
