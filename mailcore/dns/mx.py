"""Domain → the addresses to try, in order, with Courier's strictness.

MX, else the domain's own addresses (RFC 5321 §5.1); a null MX takes no mail (RFC 7505); an MX
record that names an IP address makes the whole domain unusable (Courier); and a server does not
send to itself.
"""

import ipaddress
import random
from collections.abc import Collection
from dataclasses import dataclass, field

from mailcore import status
from mailcore.dns.resolver import Resolver
from mailcore.errors import PermanentFailure, TemporaryFailure

MOST_TARGETS = 20


@dataclass(frozen=True, slots=True)
class Target:
    """One address to connect to, and the MX name it stands for.

    `secure`: signatures prove that it is the one; RFC 7672 §2.1.  `canonical` is what the MX
    name is an alias of, if it is one.
    """

    host: str
    address: str
    preference: int = 0
    secure: bool = False
    canonical: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What this server is called and which way it may go."""

    own_names: Collection[str] = field(default_factory=frozenset)
    own_addresses: Collection[str] = field(default_factory=frozenset)
    ipv4: bool = True
    ipv6: bool = True
    prefer_ipv6: bool = False
    allow_broken: bool = False
    check_loop: bool = True


def targets(domain: str, resolver: Resolver, rules: Rules) -> list[Target]:
    """Where mail for `domain` may be handed over, best first.

    Raises PermanentFailure (5.1.2, 5.1.10, 5.4.6) or TemporaryFailure (4.4.3).
    """
    if domain.startswith("[") and domain.endswith("]"):
        return [_literal(domain)]
    answer = resolver.mx(domain)
    if not answer.exists:
        raise PermanentFailure(status.BAD_DESTINATION_SYSTEM, "No such domain.")
    exchanges = sorted(answer.records)
    if any(host == "." for _, host in exchanges):
        raise PermanentFailure(status.NULL_MX, "Domain does not receive mail.")
    if not rules.allow_broken and any(is_address(host) for _, host in exchanges):
        raise PermanentFailure(
            status.BAD_DESTINATION_SYSTEM,
            "This domain's DNS violates RFC 1035: an MX record names an IP address.",
        )
    found = _resolve(exchanges or [(0, domain)], resolver, rules, answer.secure)
    if not found:
        raise PermanentFailure(status.BAD_DESTINATION_SYSTEM, "No such domain.")
    return _before_ourselves(found, rules)[:MOST_TARGETS]


def _resolve(
    exchanges: list[tuple[int, str]], resolver: Resolver, rules: Rules, secure: bool
) -> list[Target]:
    """Addresses of all exchanges; equal preferences in random order.  RFC 5321 §5.1."""
    found: list[tuple[int, float, bool, Target]] = []
    failure: TemporaryFailure | None = None
    for preference, host in exchanges[:MOST_TARGETS]:
        try:
            answer = resolver.addresses(host, ipv4=rules.ipv4, ipv6=rules.ipv6)
        except TemporaryFailure as problem:
            failure = problem  # forgiven if others resolve
            continue
        chance = random.random()  # noqa: S311 - spreads load, guards nothing
        for address in answer.records:
            later = (":" in address) != rules.prefer_ipv6
            proved = secure and answer.secure
            target = Target(host, address, preference, proved, answer.canonical)
            found.append((preference, chance, later, target))
    if failure and not found:
        raise failure
    return [each[3] for each in sorted(found, key=lambda each: each[:3])]


def _before_ourselves(found: list[Target], rules: Rules) -> list[Target]:
    """Only servers that are strictly better than we are ourselves; none means a loop."""
    if not rules.check_loop:
        return found
    ours = [
        each.preference
        for each in found
        if each.host in rules.own_names or each.address in rules.own_addresses
    ]
    if not ours:
        return found
    better = [each for each in found if each.preference < min(ours)]
    if not better:
        raise PermanentFailure(status.ROUTING_LOOP, "Mail loops back to myself (MX problem).")
    return better


def _literal(domain: str) -> Target:
    """`[192.0.2.1]`, `[IPv6:2001:db8::1]`.  RFC 5321 §4.1.3."""
    text = domain[1:-1]
    text = text[5:] if text.lower().startswith("ipv6:") else text
    try:
        return Target(domain, str(ipaddress.ip_address(text)))
    except ValueError:
        raise PermanentFailure(status.BAD_DESTINATION_SYSTEM, "No such address.") from None


def is_address(host: str) -> bool:
    """Whether an MX names an address where RFC 1035 §3.3.9 wants a host."""
    try:
        ipaddress.ip_address(host.rstrip("."))
    except ValueError:
        return False
    return True
