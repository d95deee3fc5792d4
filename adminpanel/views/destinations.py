"""The queue by destination, and what others report about their mail to us."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from adminpanel.permissions import administrator
from mailcore.queue import steering
from mailcore.tlspolicy.models import TlsReport

ROWS = 200


@administrator
def listing(request: HttpRequest) -> HttpResponse:
    """Every destination with mail, those with most of it first."""
    found = steering.hosts(limit=ROWS)
    return render(request, "adminpanel/destinations.html", {"found": found})


@administrator
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Retry a destination now, or send what waits for it to another host."""
    by = request.user.get_username()
    transport = request.POST.get("transport", "")[:32]
    host = request.POST.get("host", "")[:320]
    new = request.POST.get("new", "").strip().lower()[:320]
    if request.POST.get("do") == "reroute" and new:
        count = steering.reroute((transport, host), ("esmtp", new), by)
        messages.success(request, f"{count} recipients go to {new} now.")
    else:
        count = steering.retry_host(transport, host, by)
        messages.success(request, f"{count} recipients are tried again now.")
    return redirect("admin-destinations")


@administrator
def tls_reports(request: HttpRequest) -> HttpResponse:
    """What other servers tell us about encryption to our domains, newest first."""
    found = TlsReport.objects.order_by("-received_at")[:ROWS]
    return render(request, "adminpanel/tls_reports.html", {"found": found})
