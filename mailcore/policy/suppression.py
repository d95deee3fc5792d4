"""Addresses that users here may not write to: they bounced again and again, or were listed.

Big receivers judge a server by how often it knocks at doors that are not there.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F

from mailcore import status
from mailcore.envelope import Path
from mailcore.errors import ConfigError, GrammarError
from mailcore.policy.models import Suppressed
from mailcore.protocol.reply import Reply
from mailcore.status import Status

_MOST_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list; `bounces` 0: an administrator put it there."""

    address: str
    reason: str
    bounces: int
    at: float


def check(*paths: Path) -> Reply | None:
    """The refusal of the first of these that is on the list, or None.  Asks the database."""
    by_key = {path.key: path for path in paths}
    row = Suppressed.objects.filter(address__in=by_key, active=True).first()
    if row is None:
        return None
    why = f" ({row.reason})" if row.reason else ""
    text = f"<{by_key[row.address]}> is on the suppression list{why}. Ask postmaster about it."
    return Reply(550, status.RELAY_DENIED, text)


def is_hard(kind: Status) -> bool:
    """Whether a failure says that there is no such address: 5.1.x but for our own, 5.2.1."""
    return kind.is_permanent and (kind.subject, kind.detail) in {
        (1, 1),
        (1, 2),
        (1, 3),
        (1, 6),
        (1, 10),
        (2, 1),
    }


def count(failed: Iterable[tuple[str, str]], limit: int) -> None:
    """One more bounce for each (address, reason); from `limit` on the address is suppressed."""
    now = time.time()
    for address, reason in failed:
        row, _ = Suppressed.objects.get_or_create(
            address=address, defaults={"active": False, "at": now}
        )
        Suppressed.objects.filter(pk=row.pk).update(
            bounces=F("bounces") + 1, reason=reason[:300], at=now
        )
        Suppressed.objects.filter(pk=row.pk, bounces__gte=limit).update(active=True)


def add(address: str, reason: str = "") -> Entry:
    """Put an address on the list.  Raises ConfigError when it is none."""
    try:
        key = Path.of(address).key
    except GrammarError:
        raise ConfigError(f"{address!r} is no mail address") from None
    row, _ = Suppressed.objects.update_or_create(
        address=key, defaults={"active": True, "reason": reason[:300], "at": time.time()}
    )
    return _entry(row)


def remove(address: str) -> bool:
    """Take it off, and forget what it bounced; False: it was not there."""
    return Suppressed.objects.filter(address=address.strip().lower()).delete()[0] > 0


def listing(search: str = "") -> list[Entry]:
    """The newest entries whose address contains `search`."""
    rows = Suppressed.objects.filter(active=True, address__contains=search.strip().lower())
    return [_entry(row) for row in rows.order_by("-at")[:_MOST_SHOWN]]


def _entry(row: Suppressed) -> Entry:
    return Entry(row.address, row.reason, row.bounces, row.at)
