"""All of it together: DKIM, ARC and DMARC of one received message, and what follows.

SPF is asked by whoever calls, for it belongs to the session.
"""

import zlib
from dataclasses import dataclass

from mailcore.conf.schema.mailauth import Mailauth
from mailcore.dns.resolver import Resolver
from mailcore.mailauth import arc, dmarc, results, verify
from mailcore.mailauth.arc import ArcVerdict
from mailcore.mailauth.author import author_domains
from mailcore.mailauth.dmarc import DmarcResult, DmarcVerdict
from mailcore.mailauth.dmarc_record import Wish
from mailcore.mailauth.text import SignedText
from mailcore.mailauth.verify import DkimVerdict

_DMARC_PASSED = b"dmarc=pass"


@dataclass(frozen=True, slots=True)
class SpfOutcome:
    """What SPF said: of `mailfrom` or, for the null path, of `helo`."""

    result: str
    identity: str
    subject: str

    @property
    def domain(self) -> str:
        """The domain it passed for, or ""."""
        if self.result != "pass":
            return ""
        return self.subject.rpartition("@")[2].lower().rstrip(".")


@dataclass(frozen=True, slots=True)
class Authentication:
    """What we know of where a message is from.

    `disposition` is what is done about DMARC; `excuse` is why less than the domain asked for.
    `ambiguous`: its From fields name several domains, or there are several of them.
    """

    dkim: tuple[DkimVerdict, ...] = ()
    arc: ArcVerdict | None = None
    dmarc: DmarcVerdict | None = None
    disposition: Wish = Wish.NONE
    excuse: str = ""
    ambiguous: bool = False

    def clauses(self, rules: Mailauth) -> list[str]:
        """For our Authentication-Results."""
        told = results.dkim(self.dkim) if wants_dkim(rules) else []
        if self.arc is not None:
            told.append(results.arc(self.arc))
        if self.dmarc is not None:
            told.append(results.dmarc(self.dmarc, self.disposition))
        return told


def wants_dkim(rules: Mailauth) -> bool:
    return rules.dkim_verify or rules.dmarc != "off"


def wants_anything(rules: Mailauth) -> bool:
    return wants_dkim(rules) or rules.arc_verify


def judge(
    text: SignedText, spf: SpfOutcome | None, rules: Mailauth, resolver: Resolver, now: float
) -> Authentication:
    """Judge a message by these rules.  Blocks for DNS; raises OSError."""
    dkim: tuple[DkimVerdict, ...] = ()
    if wants_dkim(rules):
        dkim = tuple(verify.verify(text, resolver, now=now, most=rules.dkim_signatures))
    chain = arc.verify(text, resolver) if rules.arc_verify else None
    if rules.dmarc == "off":
        return Authentication(dkim, chain)
    authors = author_domains(text)
    if len(authors) > 1 or len(text.named(b"from")) > 1:
        broken = DmarcVerdict(DmarcResult.PERMERROR)
        return Authentication(dkim, chain, broken, ambiguous=True)
    if not authors:
        return Authentication(dkim, chain, DmarcVerdict(DmarcResult.NONE))
    good = {each.signature.domain for each in dkim if each.is_good and each.signature}
    verdict = dmarc.evaluate(
        authors[0],
        sorted(good),
        spf.domain if spf else "",
        resolver,
        dice=zlib.crc32(text.block) / 2**32,  # the same each time the message is tried
    )
    disposition, excuse = _disposition(verdict, chain, rules)
    return Authentication(dkim, chain, verdict, disposition, excuse)


def _disposition(
    verdict: DmarcVerdict, chain: ArcVerdict | None, rules: Mailauth
) -> tuple[Wish, str]:
    if verdict.wish is Wish.NONE:
        return Wish.NONE, ""
    if rules.dmarc != "enforce":
        return Wish.NONE, "local_policy"
    if chain is not None and is_excused(chain, rules):
        return Wish.NONE, "trusted_forwarder"
    return verdict.wish, ""


def is_excused(chain: ArcVerdict, rules: Mailauth) -> bool:
    """Whether forwarders we trust, and only such, say that it had passed.  RFC 8617 §7.2.1."""
    trusted = {each.lower().rstrip(".") for each in rules.arc_trusted}
    return (
        chain.is_good
        and trusted.issuperset(chain.sealers)
        and _DMARC_PASSED in chain.first_results.lower().replace(b" ", b"")
    )
