"""How much a login may send within an hour and a day, and stopping those far beyond that.

Counted in Valkey for all processes; in each process by itself while Valkey is away.  Too much
is put off with 4xx, so nothing is lost.  What is refused is not counted as sent.
"""

import time
from dataclasses import dataclass

from mailcore import log, status
from mailcore.bus import counters
from mailcore.conf.schema.rates import Rates
from mailcore.conf.schema.registry import Snapshot
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Verdict
from mailcore.policy.models import Freeze
from mailcore.protocol.reply import Reply

_HOUR, _DAY = 3_600, 86_400
_CAPS = (
    ("messages_hour", _HOUR, "messages within an hour"),
    ("messages_day", _DAY, "messages within a day"),
    ("recipients_hour", _HOUR, "recipients within an hour"),
    ("recipients_day", _DAY, "recipients within a day"),
)

_log = log.get("policy")


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` within `window` seconds under `key`; this message is `amount` of it."""

    key: str
    window: int
    limit: int
    amount: int
    words: str
    account: bool


def wanted(settings: Snapshot, peer: Peer) -> bool:
    """Whether this login's mail is counted; narrower scopes may have limits of their own."""
    return bool(peer.identity) and settings.for_mail("", peer.identity).rates != _UNLIMITED


_UNLIMITED = Rates()


def check(received: Received) -> Verdict:
    """Count a submission.  Raises what the database raises: that puts mail off."""
    refusal = judge(received.peer.identity, len(received.recipients), received.settings)
    return Verdict(refusal=refusal) if refusal else NO_OBJECTION


def judge(account: str, recipients: int, settings: Snapshot) -> Reply | None:
    """Count one message to so many recipients; the refusal when that is too much.  Blocks."""
    rates = settings.for_mail("", account).rates
    found = caps(account, recipients, rates)
    if not found:
        return None
    if Freeze.objects.filter(account=account).exists():
        text = f"Sending from {account} has been stopped. Please ask postmaster."
        return Reply(450, status.RELAY_DENIED.as_temporary(), text)
    spent: list[Cap] = []
    for cap in found:
        if counters.add(cap.key, cap.window, cap.amount) <= cap.limit:
            spent.append(cap)
            continue
        for each in (*spent, cap):
            counters.add(each.key, each.window, -each.amount)
        _consider_freeze(account, cap, rates.freeze_factor)
        _log.warning("rate.exceeded", account=account, limit=cap.limit, of=cap.words)
        whose = account if cap.account else f"the domain of {account}"
        text = f"No more than {cap.limit} {cap.words} from {whose}. Please try again later."
        return Reply(450, status.RELAY_DENIED.as_temporary(), text)
    return None


def caps(account: str, recipients: int, rates: Rates) -> list[Cap]:
    """The limits that hold for a message, the account's before its domain's."""
    found = []
    domain = account.rpartition("@")[2]
    for prefix, who in (("", account), ("domain_", domain)):
        for name, window, words in _CAPS:
            if limit := getattr(rates, prefix + name):
                amount = recipients if name.startswith("recipients") else 1
                key = f"sent:{prefix}{name}:{who}"
                found.append(Cap(key, window, limit, amount, words, not prefix))
    return found


def _consider_freeze(account: str, cap: Cap, factor: int) -> None:
    """Stop an account that goes on far beyond its limit: somebody else has its password."""
    if not factor or not cap.account:
        return
    tried = counters.add(f"over:{cap.key}", cap.window, cap.amount)
    if cap.limit + tried > cap.limit * factor:
        freeze(account, f"tried to send {cap.limit + tried} {cap.words}; the limit is {cap.limit}")


def freeze(account: str, reason: str) -> bool:
    """Let the account send nothing more; False: that was so already."""
    _, made = Freeze.objects.get_or_create(
        account=account.lower(), defaults={"reason": reason[:300], "at": time.time()}
    )
    if made:
        _log.error("account.frozen", account=account, reason=reason)
    return made


def thaw(account: str) -> bool:
    """Let it send again, counted from the beginning; False: it was not frozen."""
    account = account.strip().lower()
    for cap in caps(account, 1, _EVERY_LIMIT):
        if cap.account:
            counters.forget(cap.key)
            counters.forget(f"over:{cap.key}")
    return Freeze.objects.filter(account=account).delete()[0] > 0


_EVERY_LIMIT = Rates(messages_hour=1, messages_day=1, recipients_hour=1, recipients_day=1)
