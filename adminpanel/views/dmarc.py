"""Who sends mail in our name: what other servers' DMARC reports say, by domain and address."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from adminpanel.permissions import administrator
from mailcore.conf.current import snapshot
from mailcore.mailauth.models import DmarcReport, ReportedSource

DAYS = 30
MOST_SOURCES = 50  # of one domain, those with the most mail


@dataclass(frozen=True, slots=True)
class Claimed:
    """One domain: how much mail claimed it, how much of that was ours, and whence it came."""

    name: str
    reports: int
    total: int
    passed: int
    percent: int
    sources: list[dict[str, object]]


@administrator
def overview(request: HttpRequest) -> HttpResponse:
    """The last thirty days, a card for each domain that was reported on."""
    since = timezone.now() - timedelta(days=DAYS)
    counted = (
        DmarcReport.objects.filter(ends__gte=since)
        .order_by("domain")
        .values("domain")
        .annotate(number=Count("id"))
    )
    claimed = [_claimed(row["domain"], row["number"], since) for row in counted[:100]]
    account = snapshot().mailauth.dmarc_report_account
    return render(
        request, "adminpanel/dmarc.html", {"claimed": claimed, "days": DAYS, "account": account}
    )


def _claimed(domain: str, reports: int, since: object) -> Claimed:
    rows = ReportedSource.objects.filter(report__domain=domain, report__ends__gte=since)
    good = Q(dkim=True) | Q(spf=True)
    sums = rows.aggregate(total=Sum("count"), passed=Sum("count", filter=good))
    total, passed = sums["total"] or 0, sums["passed"] or 0
    sources = rows.values("address", "dkim", "spf", "disposition").annotate(
        mails=Sum("count"), servers=Count("report__organisation", distinct=True)
    )
    return Claimed(
        domain,
        reports,
        total,
        passed,
        round(passed * 100 / total) if total else 0,
        [dict(row) for row in sources.order_by("-mails", "address")[:MOST_SOURCES]],
    )
