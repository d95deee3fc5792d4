"""What our aggregate reports are made of: mail that claimed a domain, counted by day."""

import hashlib
import json
from datetime import date

from django.db import IntegrityError
from django.db.models import F
from django.db.utils import Error as DatabaseError

from mailcore import log
from mailcore.mailauth.authentication import Authentication, SpfOutcome
from mailcore.mailauth.dmarc import DmarcResult
from mailcore.mailauth.models import Observation

MOST = 5_000  # different rows of one domain and day
_log = log.get("mailauth")


def note(found: Authentication, spf: SpfOutcome, address: str, day: date) -> None:
    """Count a message that was judged, if the domain it claims wants to hear of it.

    Never raises: a report is a courtesy.
    """
    verdict = found.dmarc
    if verdict is None or verdict.record is None or not verdict.record.reports:
        return
    if verdict.result not in (DmarcResult.PASS, DmarcResult.FAIL):
        return
    row: dict[str, object] = {
        "address": address,
        "disposition": found.disposition.value,
        "dkim": "pass" if verdict.dkim_aligned else "fail",
        "spf": "pass" if verdict.spf_aligned else "fail",
        "reason": found.excuse,
        "header_from": verdict.domain,
        "signatures": [
            [each.signature.domain, each.signature.selector, each.result.value]
            for each in found.dkim
            if each.signature is not None
        ],
        "spf_domain": spf.subject.rpartition("@")[2].lower()[:255],
        "spf_scope": "mfrom" if spf.identity == "mailfrom" else spf.identity,
        "spf_result": spf.result,
    }
    key = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()
    try:
        _count(day, verdict.published_at, key, row)
    except DatabaseError as error:
        _log.warning("observation.lost", domain=verdict.domain, error=str(error))


def _count(day: date, domain: str, key: str, row: dict[str, object]) -> None:
    rows = Observation.objects.filter(day=day, domain=domain)
    if rows.filter(key=key).update(count=F("count") + 1):
        return
    if rows.count() >= MOST:
        return  # a flood of made-up sources is not worth a longer report
    try:
        Observation.objects.create(day=day, domain=domain, key=key, row=row)
    except IntegrityError:
        rows.filter(key=key).update(count=F("count") + 1)
