"""Does a message come from the domain its From names?  RFC 9989; RFC 7489 where it still helps.

The organisational domain is found by walking the DNS tree upwards, so no list of public
suffixes can be out of date.  Bounded: eight questions for a walk, walks only for names that
could be aligned, one time limit for all.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mailcore import status
from mailcore.dns.resolver import Resolver
from mailcore.errors import GrammarError, TemporaryFailure
from mailcore.mailauth import dmarc_record
from mailcore.mailauth.dmarc_record import DmarcRecord, Wish

LONGEST_CHECK = 20.0  # seconds
MOST_QUESTIONS = 8  # of one walk


class DmarcResult(StrEnum):
    """RFC 8601 §2.7.7 leaves the words to RFC 9989 §9."""

    NONE = "none"
    PASS = "pass"  # noqa: S105  # not a password
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class DmarcVerdict:
    """`domain` is that of From, `published_at` where the record was found.

    `wish` is what the domain asks to be done with this message; NONE unless the result is FAIL.
    """

    result: DmarcResult
    domain: str = ""
    published_at: str = ""
    record: DmarcRecord | None = None
    wish: Wish = Wish.NONE
    dkim_aligned: bool = False
    spf_aligned: bool = False


@dataclass(slots=True)
class _Walks:
    """Walks up the tree for one message; what was found is kept."""

    resolver: Resolver
    deadline: float
    _records: dict[str, DmarcRecord | None] = field(default_factory=dict)

    def record(self, name: str) -> DmarcRecord | None:
        """The one DMARC record at `name`; several are none.  RFC 9989 §4.10."""
        if name not in self._records:
            if time.monotonic() > self.deadline:
                raise TimeoutError
            texts = [
                text
                for text in self.resolver.txt(f"_dmarc.{name}").records
                if dmarc_record.is_record(text)
            ]
            self._records[name] = _parsed(texts[0]) if len(texts) == 1 else None
        return self._records[name]

    def organisation(self, domain: str) -> str:
        """The organisational domain of `domain`.  RFC 9989 §4.10.2."""
        best = domain
        below = domain
        for name in walk(domain):
            record = self.record(name)
            if record is not None:
                if record.public_suffix == "n":
                    return name
                if record.public_suffix == "y" and name != domain:
                    return below
                best = name
            below = name
        return best


def organisation(domain: str, resolver: Resolver) -> str:
    """The organisational domain of `domain`.  Blocks; raises TemporaryFailure."""
    try:
        return _Walks(resolver, time.monotonic() + LONGEST_CHECK).organisation(domain)
    except TimeoutError:
        raise TemporaryFailure(status.DIRECTORY_FAILURE, "DNS lookup failed.") from None


def evaluate(
    author: str, dkim: Sequence[str], spf: str, resolver: Resolver, *, dice: float
) -> DmarcVerdict:
    """Judge a message by the domains that stand for it.  Blocks.

    `author` is the domain of From; `dkim` are the d= of good signatures, `spf` the domain SPF
    passed for, or "".  `dice`, in [0, 1), decides for domains that ask for a percentage.
    """
    walks = _Walks(resolver, time.monotonic() + LONGEST_CHECK)
    try:
        return _evaluate(author, dkim, spf, walks, dice)
    except (TemporaryFailure, TimeoutError):
        return DmarcVerdict(DmarcResult.TEMPERROR, author)


def _evaluate(
    author: str, dkim: Sequence[str], spf: str, walks: _Walks, dice: float
) -> DmarcVerdict:
    at, record = author, walks.record(author)
    if record is None:
        at, record = _inherited(author, walks)
    if record is None:
        return DmarcVerdict(DmarcResult.NONE, author)
    by_dkim = any(_aligned(each, author, walks, strict=record.strict_dkim) for each in dkim)
    by_spf = bool(spf) and _aligned(spf, author, walks, strict=record.strict_spf)
    if by_dkim or by_spf:
        return DmarcVerdict(
            DmarcResult.PASS, author, at, record, dkim_aligned=by_dkim, spf_aligned=by_spf
        )
    wish = _wish(author, at, record, walks, dice)
    return DmarcVerdict(DmarcResult.FAIL, author, at, record, wish)


def _inherited(author: str, walks: _Walks) -> tuple[str, DmarcRecord | None]:
    """The record of the organisation, or of the public suffix above it.  RFC 9989 §4.10.1."""
    organisation = walks.organisation(author)
    record = walks.record(organisation)
    if record is not None:
        return organisation, record
    above = organisation.partition(".")[2]
    record = walks.record(above) if above else None
    if record is not None and record.public_suffix == "y":
        return above, record
    return "", None


def _wish(author: str, at: str, record: DmarcRecord, walks: _Walks, dice: float) -> Wish:
    wish = record.policy
    if author != at:
        exists = record.missing is record.subdomain or walks.resolver.mx(author).exists
        wish = record.subdomain if exists else record.missing
    if record.testing or dice * 100 >= record.percent:
        wish = wish.milder
    return wish


def _aligned(domain: str, author: str, walks: _Walks, *, strict: bool) -> bool:
    """RFC 9989 §4.10.2: the same domain, or, relaxed, the same organisation."""
    if domain == author or strict:
        return domain == author
    organisation = walks.organisation(author)
    if domain != organisation and not domain.endswith("." + organisation):
        return False
    return walks.organisation(domain) == organisation


def walk(domain: str) -> list[str]:
    """The names at which a walk asks: `domain`, then those above it, at most eight."""
    labels = domain.split(".")
    names = [domain]
    start = 1 if len(labels) <= MOST_QUESTIONS else len(labels) - MOST_QUESTIONS + 1
    names += [".".join(labels[at:]) for at in range(start, len(labels))]
    return names


def _parsed(text: str) -> DmarcRecord | None:
    try:
        return dmarc_record.parse(text)
    except GrammarError:
        return None
