"""What every page's frame needs."""

from typing import Any

from django.http import HttpRequest

from adminpanel.views import settings
from courier_web.security import events_url
from mailcore.conf.current import snapshot

SECTIONS = frozenset({"mail", "calendar", "admin", "preferences"})


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor for the application shell: no queries of its own."""
    session = getattr(request, "session", {})
    section = request.path.split("/", 2)[1]
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "look": session.get("look", {}),
        "section": section if section in SECTIONS else "",
        "hostname": snapshot().me,
        "events_url": events_url(request) if signed_in else "",
        "admin_sections": settings.sections() if section == "admin" else (),
    }
