"""Is it from whom it says?  DKIM, ARC and DMARC of strangers' mail.  docs/mailauth.md."""

import time
from datetime import UTC, datetime

from mailcore.conf.schema.registry import Snapshot
from mailcore.dns import resolver
from mailcore.mailauth import authentication, observations, results
from mailcore.mailauth.authentication import Authentication, SpfOutcome
from mailcore.mailauth.dmarc_record import Wish
from mailcore.mailauth.text import SignedText
from mailcore.message.trace import QUARANTINE
from mailcore.policy.contract import Peer, Received, Verdict
from mailcore.protocol.reply import Reply
from mailcore.status import Status

_FAILED = Status(5, 7, 26)  # RFC 7372 §3.3


def wanted(settings: Snapshot, peer: Peer) -> bool:
    """Strangers' mail only: who may relay, or has logged in, is known."""
    return not peer.trusted and authentication.wants_anything(settings.mailauth)


def check(received: Received) -> Verdict:
    """What the message's signatures and its author's domain say.  Blocks for DNS.

    A DNS server that does not answer makes a result `temperror`, and puts nothing off.
    """
    rules, queue = received.settings.mailauth, received.settings.queue
    spf = None
    if rules.dmarc != "off":
        asked = received.spf_of("mailfrom")
        spf = SpfOutcome(asked.result.value, asked.identity, asked.subject)
    found = authentication.judge(
        SignedText.of(received.content),
        spf,
        rules,
        resolver.shared(queue.resolvers, float(rules.dns_timeout)),
        time.time(),
    )
    if spf is not None and rules.dmarc_reports and not _is_report(received):
        observations.note(found, spf, received.peer.address, datetime.now(UTC).date())
    return Verdict(
        refusal=_refusal(found) if rules.dmarc == "enforce" else None,
        results=tuple(_spf_clause(spf, received) + found.clauses(rules)),
        fields=QUARANTINE + b": dmarc\r\n" if found.disposition is Wish.QUARANTINE else b"",
        removed=frozenset({QUARANTINE.lower()}),
    )


def _spf_clause(spf: SpfOutcome | None, received: Received) -> list[str]:
    """What DMARC relied on, unless another check has told it."""
    if spf is None:
        return []
    told = f"smtp.{spf.identity}="
    if any(each.startswith("spf=") and told in each for each in received.so_far.results):
        return []
    return [results.spf(spf.result, spf.identity, spf.subject)]


def _is_report(received: Received) -> bool:
    """Mail to where reports come to us: nobody reports on reports."""
    account = received.settings.mailauth.dmarc_report_account.lower()
    return bool(account) and all(each.key == account for each in received.recipients)


def _refusal(found: Authentication) -> Reply | None:
    if found.ambiguous:
        return Reply(550, _FAILED, "The From of this message names several authors.")
    if found.disposition is Wish.REJECT and found.dmarc is not None:
        text = f"{found.dmarc.domain} asks for mail to be refused that is not its own (DMARC)."
        return Reply(550, _FAILED, text)
    return None
