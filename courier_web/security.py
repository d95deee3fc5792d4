"""Security headers on every response, and the zone in which a reader sees times."""

import zoneinfo
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'{events}; font-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

View = Callable[[HttpRequest], HttpResponse]


def events_url(request: HttpRequest) -> str:
    """Where browsers reach `eventsd`; empty when it does not run."""
    given = snapshot().webmail.events_url
    if given:
        return given
    port = deployment().ports.get("events", 0)
    if not port:
        return ""
    host = urlsplit(f"//{request.get_host()}").hostname or "localhost"
    shown = f"[{host}]" if ":" in host else host
    return f"{request.scheme}://{shown}:{port}/events"


def events_origin(request: HttpRequest) -> str:
    """The same as an origin for the Content-Security-Policy; empty for our own."""
    parts = urlsplit(events_url(request))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


class SecurityHeadersMiddleware:
    """A strict Content-Security-Policy unless the view set its own."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        if "Content-Security-Policy" not in headers:
            origin = events_origin(request)
            headers["Content-Security-Policy"] = POLICY.format(
                events=f" {origin}" if origin else ""
            )
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if "Cache-Control" not in headers and not request.path.startswith("/static/"):
            headers["Cache-Control"] = "private, no-store"
        return response


class ReaderZoneMiddleware:
    """Times are shown in the zone of the reader: chosen in preferences, else the browser's."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        look = request.session.get("look", {})
        with timezone.override(zone(look.get("zone") or request.COOKIES.get("zone", ""))):
            return self.get_response(request)


@lru_cache(256)
def zone(name: str) -> zoneinfo.ZoneInfo:
    """The zone called `name`, or UTC when there is none of that name."""
    try:
        return zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo("UTC")
