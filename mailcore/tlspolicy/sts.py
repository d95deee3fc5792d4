"""The MTA-STS policy of a domain: cached, fetched, renewed.  RFC 8461.

A policy once fetched holds until its max_age is over, whatever DNS or the web server say
meanwhile: that is what it is for.
"""

import time
from dataclasses import dataclass, replace

from django.db import Error as DatabaseError

from mailcore import log
from mailcore.dns.resolver import Resolver
from mailcore.errors import DeliveryError, GrammarError
from mailcore.net import https
from mailcore.net.https import Web
from mailcore.protocol import mta_sts
from mailcore.protocol.mta_sts import Policy
from mailcore.tlspolicy.models import StsPolicy

PATH = "/.well-known/mta-sts.txt"
WEB = Web()  # where policies are fetched, and how far that may go
WAIT_AFTER_FAILURE = 300.0  # seconds before a policy is asked for again; §3.3
_MOST_FAILURES = 10_000

_failed: dict[str, float] = {}
_log = log.get("sts")


@dataclass(frozen=True, slots=True)
class Found:
    """A domain's policy.  `problem` is RFC 8460's word when it could not be had as it should."""

    policy: Policy | None = None
    problem: str = ""


def policy_for(domain: str, resolver: Resolver, authorities: str = "") -> Found:
    """The policy in force for `domain`, after a look at its TXT record."""
    now = time.time()
    kept = _kept(domain, now)
    try:
        identity = mta_sts.record_id(resolver.txt(f"_mta-sts.{domain}").records)
    except DeliveryError:
        identity = ""
    if not identity or (kept is not None and kept.record_id == identity):
        return Found(_policy(kept))
    if _failed.get(domain, 0.0) > now:
        return Found(_policy(kept), "sts-policy-fetch-error")
    try:
        policy = fetch(domain, resolver, authorities)
    except (OSError, DeliveryError, GrammarError) as problem:
        _log.info("policy.unavailable", host=domain, error=str(problem))
        if len(_failed) > _MOST_FAILURES:
            _failed.clear()
        _failed[domain] = now + WAIT_AFTER_FAILURE
        word = "invalid" if isinstance(problem, GrammarError) else "fetch-error"
        return Found(_policy(kept), f"sts-policy-{word}")
    _keep(domain, identity, policy, now)
    return Found(policy)


def fetch(domain: str, resolver: Resolver, authorities: str = "") -> Policy:
    """The policy from the domain's web server, now.

    No redirect is followed (§3.3).  Raises OSError, DeliveryError or GrammarError.
    """
    host = f"mta-sts.{domain}"
    answer = https.get(host, PATH, resolver.addresses(host).records, web(authorities))
    if answer.status != 200:
        raise https.WebError(f"{host} answers {answer.status}")
    if answer.type != "text/plain":
        raise GrammarError("the policy is not text/plain")
    return mta_sts.parse(answer.body)


def web(authorities: str) -> Web:
    """How strangers' web servers are asked; `authorities` as in the settings."""
    return replace(WEB, largest=mta_sts.LARGEST, authorities=authorities)


def expire(now: float) -> None:
    """Forget policies whose time is over."""
    for row in StsPolicy.objects.all().iterator():
        if row.fetched_at + row.max_age <= now:
            row.delete()


def _kept(domain: str, now: float) -> StsPolicy | None:
    row = StsPolicy.objects.filter(domain=domain).first()
    return row if row is not None and row.fetched_at + row.max_age > now else None


def _policy(row: StsPolicy | None) -> Policy | None:
    return None if row is None else Policy(row.mode, tuple(row.hosts), row.max_age)


def _keep(domain: str, identity: str, policy: Policy, now: float) -> None:
    """What can't be kept is fetched again next time."""
    values = {
        "record_id": identity,
        "mode": policy.mode,
        "hosts": list(policy.hosts),
        "max_age": policy.max_age,
        "fetched_at": now,
    }
    try:
        StsPolicy.objects.update_or_create(domain=domain, defaults=values)
    except DatabaseError as problem:
        _log.warning("policy.unkept", host=domain, error=repr(problem))
