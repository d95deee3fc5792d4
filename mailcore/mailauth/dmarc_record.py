"""What a domain asks receivers to do: its DMARC record.  RFC 7489 §6.3, RFC 9989 §4.7."""

from dataclasses import dataclass
from enum import StrEnum

from mailcore.errors import GrammarError
from mailcore.mailauth import tags

_MOST_ADDRESSES = 10
_LONGEST_ADDRESS = 320


class Wish(StrEnum):
    """A policy, from the mildest on."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    @property
    def milder(self) -> "Wish":
        """What a domain that is only testing gets instead.  RFC 9989 §4.7 (t)."""
        return {Wish.REJECT: Wish.QUARANTINE}.get(self, Wish.NONE)


@dataclass(frozen=True, slots=True)
class Report:
    """One address for aggregate reports, and the size it takes (octets; 0 any)."""

    address: str
    largest: int = 0


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """`subdomain` is sp=, `missing` np=; `public_suffix` is psd= ("y", "n" or "u")."""

    policy: Wish
    subdomain: Wish
    missing: Wish
    strict_dkim: bool
    strict_spf: bool
    percent: int
    testing: bool
    public_suffix: str
    reports: tuple[Report, ...]


def parse(text: str) -> DmarcRecord:
    """Read a record.  Raises GrammarError for what is none.

    A policy we can't read counts as none if reports are wanted, as RFC 7489 §6.6.3 says.
    """
    if not is_record(text):
        raise GrammarError("no DMARC record")
    found = tags.parse(text)
    reports = tuple(_reports(found.get("rua", "")))
    policy = _wish(found.get("p", ""), None)
    if policy is None:
        if not reports and "psd" not in found:
            raise GrammarError("no policy")
        policy = Wish.NONE
    subdomain = _wish(found.get("sp", ""), policy) or policy
    percent = found.get("pct", "100")
    return DmarcRecord(
        policy,
        subdomain,
        _wish(found.get("np", ""), subdomain) or subdomain,
        found.get("adkim", "r").lower() == "s",
        found.get("aspf", "r").lower() == "s",
        min(100, tags.number(percent)) if percent.isascii() and percent.isdigit() else 100,
        found.get("t", "n").lower() == "y",
        psd if (psd := found.get("psd", "u").lower()) in ("y", "n") else "u",
        reports,
    )


def is_record(text: str) -> bool:
    """Whether a TXT record means to be one: v=DMARC1 comes first."""
    name, _, value = text.partition(";")[0].partition("=")
    return name.strip() == "v" and value.strip() == "DMARC1"


def _wish(text: str, otherwise: Wish | None) -> Wish | None:
    try:
        return Wish(text.strip().lower())
    except ValueError:
        return otherwise


def _reports(text: str) -> list[Report]:
    found = []
    for each in tags.solid(text).split(",", _MOST_ADDRESSES)[:_MOST_ADDRESSES]:
        scheme, _, rest = each.partition(":")
        address, _, size = rest.partition("!")
        if scheme.lower() == "mailto" and "@" in address and len(address) <= _LONGEST_ADDRESS:
            found.append(Report(address, _octets(size)))
    return found


def _octets(text: str) -> int:
    """`10m`, `512k`; 0 when nothing usable is said.  RFC 7489 §6.2."""
    unit = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}.get(text[-1:].lower(), 0)
    digits = text[:-1] if unit else text
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        return 0
    return int(digits) * (unit or 1)
