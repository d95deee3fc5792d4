"""The ticket with which a page opens the event stream."""

import time

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mailcore.conf.deployment import deployment
from mailcore.eventsd import token


@login_required
@require_safe
def make(request: HttpRequest) -> HttpResponse:
    """Plain text, good for some minutes."""
    ticket = token.make(request.user.get_username(), deployment().secret, time.time())
    return HttpResponse(ticket, content_type="text/plain")
