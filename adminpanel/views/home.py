"""Is mail flowing?"""

import time
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from adminpanel import flow
from adminpanel.permissions import administrator
from mailcore.accounts.models import Account, Alias, Domain
from mailcore.conf import store
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment

SOON = 14 * 86400


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an administrator should know; `level` is good, warn or bad."""

    level: str
    text: str
    link: str = ""


@administrator
def page(request: HttpRequest) -> HttpResponse:
    """Four numbers with a day's curve each, what waits, and what needs attention."""
    waiting = flow.waiting()
    return render(
        request,
        "adminpanel/home.html",
        {
            "meters": flow.meters(),
            "waiting": waiting,
            "findings": _findings(waiting),
            "counts": {
                "domains": Domain.objects.count(),
                "accounts": Account.objects.count(),
                "aliases": Alias.objects.count(),
            },
            "changes": store.history(limit=6),
            "me": snapshot().me,
        },
    )


def _findings(waiting: flow.Waiting) -> list[Finding]:
    found = []
    if not Domain.objects.filter(active=True).exists():
        found.append(Finding("warn", "No domain yet: mail for nobody is taken.", "/admin/domains"))
    if waiting.oldest and waiting.oldest > 4 * 3600:
        found.append(Finding("warn", "Some mail has been waiting for hours.", "/admin/queue"))
    if waiting.held:
        found.append(Finding("warn", f"{waiting.held} recipients are on hold.", "/admin/queue"))
    if "." not in snapshot().me:
        text = "The server’s own name is not a full host name; others may refuse our mail."
        found.append(Finding("warn", text, "/admin/settings/general"))
    found.append(_certificate(deployment().tls_certificate))
    if all(one.level == "good" for one in found):
        found.insert(0, Finding("good", "Everything looks well."))
    return found


def _certificate(file: Path) -> Finding:
    if not file.exists():
        return Finding("warn", "There is no TLS certificate; STARTTLS is not offered.")
    left = certificate_seconds_left(file)
    if left is None:
        return Finding("bad", "The TLS certificate cannot be read.")
    if left < 0:
        return Finding("bad", "The TLS certificate has expired.")
    days = int(left // 86400)
    level = "warn" if left < SOON else "good"
    return Finding(level, f"The TLS certificate is valid for {days} more days.")


def certificate_seconds_left(file: Path) -> float | None:
    """Seconds until the certificate in `file` expires; None when it is none."""
    try:
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        return None
    return found.not_valid_after_utc.timestamp() - time.time()
