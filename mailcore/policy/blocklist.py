"""DNS lists of peers: some refuse, some vouch, in order.  RFC 5782; Courier BLACKLISTS."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from weakref import WeakKeyDictionary

from mailcore import log, status
from mailcore.dns.resolver import Resolver
from mailcore.errors import ConfigError, TemporaryFailure
from mailcore.policy import wording
from mailcore.protocol.reply import Reply

_LISTED = ip_network("127.0.0.0/8")  # anything else is a hijacked or abandoned zone
_OURS = re.compile(
    r"(?P<kind>block|allow)\s+(?P<zone>[^\s=]+)(?:=(?P<display>\S+))?"
    r"(?:\s+/(?P<answer>\S+))?(?:\s+(?P<text>.*))?",
    re.IGNORECASE,
)
_COURIERS = re.compile(
    r"-(?P<kind>block|allow)=(?P<zone>[^\s=,]+)(?:=(?P<display>[^\s,]+))?"
    r"(?:,(?P<variable>\w+)(?:/(?P<answer>[\d.]+))?(?:,(?P<text>.*))?)?",
    re.IGNORECASE,
)
_MOST = 30
_PATIENCE = 3  # failures in a row after which a list is not waited for
_REST = 60.0  # seconds until it is asked again

_log = log.get("policy")


@dataclass(frozen=True, slots=True)
class Rule:
    """One list.  `answer`: only this one counts; `text` "*" is the list's own words."""

    vouches: bool
    zone: str
    display: str
    answer: str = ""
    text: str = ""
    variable: str = "BLOCK"


@dataclass(frozen=True, slots=True)
class Vouch:
    """A list that knows the peer for a good one."""

    zone: str
    address: str
    text: str = ""

    @property
    def result(self) -> str:
        """The clause for Authentication-Results.  RFC 8904."""
        clause = f"dnswl=pass dns.zone={self.zone} policy.ip={self.address}"
        if self.text:
            words = re.sub(r'["\\]', "", self.text)
            clause += f' policy.txt="{words}"'
        return clause


@dataclass(frozen=True, slots=True)
class Listing:
    """What the lists say of a peer.

    `notes` are variables other than BLOCK that lists have set, for filters to read.
    """

    refusal: Reply | None = None
    vouches: tuple[Vouch, ...] = ()
    notes: dict[str, str] = field(default_factory=dict, hash=False)


UNLISTED = Listing()


@lru_cache(maxsize=32)
def rules(
    lines: tuple[str, ...], block: tuple[str, ...] = (), allow: tuple[str, ...] = ()
) -> tuple[Rule, ...]:
    """The rules of the settings: policy.dns_lists, then the short lists, `allow` first."""
    found: list[Rule] = []
    for line in lines:
        try:
            found.append(parse(line))
        except ConfigError as error:
            _log.warning("lists.unreadable", line=line, error=str(error))
    found += [Rule(True, zone.strip(), zone.strip()) for zone in allow if zone.strip()]
    for entry in block:
        zone, _, text = (part.strip() for part in entry.partition("="))
        if zone:
            found.append(Rule(False, zone, zone, text=text))
    return tuple(found[:_MOST])


def parse(line: str) -> Rule:
    """`block zone[=display] [/a.b.c.d] [text]`, or Courier's `-block=zone,…`.

    Raises ConfigError.
    """
    match = _OURS.fullmatch(line.strip()) or _COURIERS.fullmatch(line.strip())
    if match is None:
        raise ConfigError(f"policy.dns_lists: {line!r} does not begin with block or allow")
    parts = match.groupdict()
    answer = parts["answer"] or ""
    try:
        answer = str(IPv4Address(answer)) if answer else ""
    except ValueError:
        raise ConfigError(f"policy.dns_lists: {answer!r} is no address of an answer") from None
    return Rule(
        vouches=parts["kind"].lower() == "allow",
        zone=parts["zone"].strip("."),
        display=(parts["display"] or parts["zone"]).strip("."),
        answer=answer,
        text=(parts["text"] or "").strip(),
        variable=(parts.get("variable") or "BLOCK").upper(),
    )


class _Silence:
    """Lists that don't answer, by resolver: each question to one costs a thread its time-out."""

    def __init__(self) -> None:
        self._failures: WeakKeyDictionary[Resolver, dict[str, tuple[int, float]]] = (
            WeakKeyDictionary()
        )

    def lasts(self, resolver: Resolver, zone: str) -> bool:
        """Whether there is no use in asking now."""
        count, since = self._failures.get(resolver, {}).get(zone, (0, 0.0))
        return count >= _PATIENCE and time.monotonic() - since < _REST

    def note(self, resolver: Resolver, zone: str) -> None:
        failures = self._failures.setdefault(resolver, {})
        count, _ = failures.get(zone, (0, 0.0))
        failures[zone] = (count + 1, time.monotonic())

    def end(self, resolver: Resolver, zone: str) -> None:
        if failures := self._failures.get(resolver):
            failures.pop(zone, None)


_silence = _Silence()


def consult(
    peer: str, wanted: Sequence[Rule], resolver: Resolver, *, dead_defers: bool = True
) -> Listing:
    """Ask the lists from left to right; of each variable the first to set it counts.

    With `dead_defers` a list that doesn't answer neither accepts nor refuses: the peer is
    told to come again.  Blocks for a lookup or two a list.
    """
    name = _reversed(peer)
    if name is None:
        return UNLISTED
    variables: dict[str, str] = {}
    vouches: list[Vouch] = []
    for rule in wanted:
        if rule.variable in variables:
            continue
        asked = f"{name}.{rule.zone}"
        try:
            hit = _hit(asked, rule, resolver)
        except TemporaryFailure:
            _log.warning("list.silent", zone=rule.zone, peer=peer)
            if dead_defers:
                return Listing(Reply(451, status.DIRECTORY_FAILURE, "DNS lookup failed."))
            continue
        if not hit:
            continue
        if rule.vouches:
            variables[rule.variable] = ""
            told = _explanation(asked, resolver) if rule.text else ""
            vouches.append(Vouch(rule.display, hit, told))
        else:
            variables[rule.variable] = _text(rule, asked, peer, resolver)
    block = variables.pop("BLOCK", "")
    return Listing(wording.refusal(block) if block else None, tuple(vouches), variables)


def _text(rule: Rule, asked: str, peer: str, resolver: Resolver) -> str:
    if rule.text and rule.text != "*":
        return rule.text
    return _explanation(asked, resolver) or f"{peer} is listed in {rule.display}"


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


def _hit(name: str, rule: Rule, resolver: Resolver) -> str:
    """The answer that counts, or "".  Raises TemporaryFailure."""
    if _silence.lasts(resolver, rule.zone):
        raise TemporaryFailure(status.DIRECTORY_FAILURE, "DNS lookup failed.")
    try:
        records = resolver.addresses(name, ipv6=False).records
    except TemporaryFailure:
        _silence.note(resolver, rule.zone)
        raise
    _silence.end(resolver, rule.zone)
    for record in records:
        if record == rule.answer or (not rule.answer and ip_address(record) in _LISTED):
            return record
    return ""


def _explanation(name: str, resolver: Resolver) -> str:
    try:
        texts = resolver.txt(name).records
    except TemporaryFailure:
        return ""
    return re.sub(r"[^\x20-\x7e]+", " ", texts[0]) if texts else ""
