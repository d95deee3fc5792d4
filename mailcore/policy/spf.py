"""SPF: may this peer speak for this domain?  RFC 7208, through pyspf over our own resolver.

pyspf asks DNS by a module-level function; ours puts the resolver in its place, so that
every question goes through one cache, with our time-outs, and a dead resolver is a
temporary error, never an answer.
"""

import re
import time
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import spf

from mailcore.dns.resolver import Resolver
from mailcore.errors import TemporaryFailure

LONGEST_CHECK = 20.0  # seconds for one identity, RFC 7208 §4.6.4
LONGEST_EXPLANATION = 500


class SpfResult(StrEnum):
    """RFC 7208 §2.6, in the words of Received-SPF."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105  # not a password
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class SpfVerdict:
    """`explanation` is the domain's own text for a fail, made printable, else ours.

    `identity` is what kind of name was checked ("helo", "mailfrom", "from"), `subject` the
    name or address itself.
    """

    result: SpfResult
    explanation: str
    identity: str = ""
    subject: str = ""


@dataclass(slots=True)
class _Asking:
    """One check's resolver, and when it must have come to an end (monotonic seconds)."""

    resolver: Resolver
    deadline: float


_asking: ContextVar[_Asking] = ContextVar("asking")


def check(
    peer: str, reverse_path: str, helo: str, *, resolver: Resolver, receiver: str = "unknown"
) -> SpfVerdict:
    """The check_host() of RFC 7208 §4 for MAIL FROM, or for HELO when `reverse_path` is empty.

    `peer` is an IP address, `receiver` our own name.  Blocks; never raises.
    """
    result, explanation = _check(peer, reverse_path, helo, resolver, receiver)
    identity, subject = ("mailfrom", reverse_path) if reverse_path else ("helo", helo)
    return SpfVerdict(result, explanation, identity, subject)


def _check(
    peer: str, reverse_path: str, helo: str, resolver: Resolver, receiver: str
) -> tuple[SpfResult, str]:
    if not _is_domain(reverse_path.rpartition("@")[2] if reverse_path else helo):
        return SpfResult.NONE, "no domain to check"
    token = _asking.set(_Asking(resolver, time.monotonic() + LONGEST_CHECK))
    try:
        query = spf.query(i=peer, s=reverse_path, h=helo, receiver=receiver, strict=True)
        result, _, explanation = query.check()
        return SpfResult(result), _printable(explanation)
    except TemporaryFailure as problem:
        return SpfResult.TEMPERROR, problem.text
    except Exception as problem:  # pyspf on hostile records: an error in the record, not in us
        return SpfResult.PERMERROR, _printable(f"unusable record: {problem}")
    finally:
        _asking.reset(token)


def _is_domain(name: str) -> bool:
    """RFC 7208 §4.3: a name of several labels, none empty or longer than 63."""
    labels = name.rstrip(".").split(".")
    return len(labels) > 1 and len(name) <= 255 and all(0 < len(label) <= 63 for label in labels)


def _printable(text: str) -> str:
    """A stranger's words in a reply or header of ours: one line of printable ASCII."""
    plain = re.sub(r"[^\x20-\x7e]+", " ", str(text))
    return plain[:LONGEST_EXPLANATION].strip()


def _lookup(name: str, kind: str, strict: object = True, timeout: float = 20) -> list[Any]:
    """What pyspf calls: ((name, type), data) pairs."""
    asking = _asking.get()
    if time.monotonic() > asking.deadline:
        raise spf.TempError("DNS took too long")
    try:
        return [((name, kind), data) for data in _records(asking.resolver, name, kind)]
    except TemporaryFailure as problem:
        raise spf.TempError(problem.text) from None


def _records(resolver: Resolver, name: str, kind: str) -> list[Any]:
    match kind:
        case "TXT":
            return [
                (text.encode("utf-8", "surrogateescape"),) for text in resolver.txt(name).records
            ]
        case "MX":
            return list(resolver.mx(name).records)
        case "A":
            return list(resolver.addresses(name, ipv6=False).records)
        case "AAAA":
            return list(resolver.addresses(name, ipv4=False).records)
        case "PTR":
            return list(resolver.pointers(name).records)
    return []


spf.DNSLookup = _lookup
