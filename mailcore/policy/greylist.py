"""Senders we have not met: told to come again, or answered slowly.  RFC 6647.

What met is a triplet of the peer's network, the sender and the recipient.  A network whose
mail came again often enough is known, and not asked any more.  Rows are the truth.
"""

import hashlib
import ipaddress

from django.db.models import F

from mailcore import status
from mailcore.conf.schema.policy import Policy
from mailcore.envelope import Path
from mailcore.policy.models import Acquaintance
from mailcore.protocol.reply import Reply

_RETURN_WITHIN = 2 * 86_400.0
_REMEMBERED = 36 * 86_400.0  # longer than a month, for what comes once a month


def meet(peer: str, sender: Path, recipient: Path, policy: Policy, now: float) -> bool:
    """Whether these have met before, for a greylist long enough ago.  Asks the database.

    Not having met begins an acquaintance.
    """
    delay = policy.greylist_delay if policy.greylist else 0
    network = _digest(_network(peer))
    if Acquaintance.objects.filter(
        key=network, passed__gte=policy.greylist_known_after, expires_at__gt=now
    ).exists():
        return True
    triplet = _digest(_network(peer), sender.key, recipient.key)
    row, new = Acquaintance.objects.get_or_create(
        key=triplet, defaults={"first_at": now, "expires_at": now + _RETURN_WITHIN}
    )
    if new:
        return False
    if row.expires_at <= now:  # came too late: as if new
        Acquaintance.objects.filter(pk=row.pk).update(
            first_at=now, expires_at=now + _RETURN_WITHIN, passed=0
        )
        return False
    if row.first_at + delay > now:
        return False
    _pass(triplet, now)
    if row.passed == 0:
        _pass(network, now)
    return True


def prune(now: float) -> int:
    """Forget those who did not come back; how many."""
    return Acquaintance.objects.filter(expires_at__lt=now).delete()[0]


def come_again(policy: Policy) -> Reply:
    return Reply(
        451,
        status.RELAY_DENIED.as_temporary(),
        f"Greylisted: please come again in {policy.greylist_delay} seconds.",
    )


def _pass(key: str, now: float) -> None:
    Acquaintance.objects.get_or_create(
        key=key, defaults={"first_at": now, "expires_at": now + _REMEMBERED}
    )
    Acquaintance.objects.filter(key=key).update(
        passed=F("passed") + 1, expires_at=now + _REMEMBERED
    )


def _network(peer: str) -> str:
    """An IPv4 /24 or IPv6 /64: senders with many machines use them in turn."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    length = 24 if address.version == 4 else 64
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
