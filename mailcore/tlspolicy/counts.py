"""How sessions with other domains' servers went, for the reports they ask for.  RFC 8460."""

import datetime
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import F

from mailcore import log
from mailcore.tlspolicy.models import TlsCount

KEPT = 14  # days
NO_POLICY = "no-policy-found"
_log = log.get("tlsreport")


@dataclass(frozen=True, slots=True)
class Met:
    """One session.  `result` is empty for success, else RFC 8460's word (§4.3)."""

    domain: str
    policy: str
    lines: tuple[str, ...]
    result: str
    mx: str
    source: str = ""


def count(met: Met) -> None:
    """Add one session to today's.  Trouble is logged: mail must not wait for statistics."""
    key = {
        "day": datetime.datetime.now(datetime.UTC).date(),
        "domain": met.domain,
        "policy": met.policy,
        "result": met.result,
        "mx": met.mx,
        "source": met.source,
    }
    same = TlsCount.objects.filter(**key)
    try:
        if same.update(sessions=F("sessions") + 1):
            return
        try:
            with transaction.atomic():
                TlsCount.objects.create(**key, lines=list(met.lines), sessions=1)
        except IntegrityError:
            same.update(sessions=F("sessions") + 1)
    except DatabaseError as problem:
        _log.warning("session.uncounted", host=met.domain, error=repr(problem))


def prune(today: datetime.date) -> None:
    """Forget what nobody will ask for any more."""
    TlsCount.objects.filter(day__lt=today - datetime.timedelta(days=KEPT)).delete()
