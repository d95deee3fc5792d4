"""Calendars themselves, and .ics files in and out."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from calendar_app import ical
from calendar_app.calendars import MOST, calendars_of
from calendar_app.models import Calendar, Event
from mailcore.errors import GrammarError, MailError
from mailcore.message.compose import disposition_value


@login_required
@require_http_methods(["GET", "POST"])
def manage(request: HttpRequest) -> HttpResponse:
    """Make, rename, delete calendars; take a file in."""
    account_id: int = request.user.pk or 0
    if request.method == "POST":
        try:
            messages.success(request, _change(request, account_id))
        except MailError as error:
            messages.error(request, str(error))
        return redirect("calendar-manage")
    return render(request, "calendar_app/manage.html", {"calendars": calendars_of(account_id)})


@login_required
@require_safe
def export(request: HttpRequest, number: int) -> HttpResponse:
    """One calendar as a file."""
    found = _own(request, number)
    data = ical.file_of(found.events.all()[: ical.MOST_EVENTS], found.name)
    response = HttpResponse(data, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = disposition_value(f"{found.name}.ics")
    return response


def _own(request: HttpRequest, number: int | str) -> Calendar:
    return get_object_or_404(Calendar, pk=number, account__address=request.user.get_username())


def _change(request: HttpRequest, account_id: int) -> str:
    verb = request.POST.get("do", "")
    name = " ".join(request.POST.get("name", "").split())[:100]
    if verb == "create":
        return _create(account_id, name)
    number = request.POST.get("calendar", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise MailError("Choose a calendar.")
    found = _own(request, number)
    if verb == "import":
        return _import(request, found)
    if verb == "rename" and name:
        found.name = name
        return _saved(found, f"It is called {name} now.")
    if verb == "delete":
        if request.POST.get("typed", "").strip() != found.name:
            raise MailError("The name was not typed; nothing was deleted.")
        found.delete()
        return f"{found.name} deleted."
    raise MailError("Nothing was done.")


def _create(account_id: int, name: str) -> str:
    existing = calendars_of(account_id)
    if not name:
        raise MailError("A calendar needs a name.")
    if len(existing) >= MOST:
        raise MailError(f"{MOST} calendars are enough.")
    return _saved(
        Calendar(account_id=account_id, name=name, colour=len(existing) % 10), f"{name} made."
    )


def _saved(calendar: Calendar, words: str) -> str:
    try:
        with transaction.atomic():
            calendar.save()
    except IntegrityError:
        raise MailError("There is a calendar of that name already.") from None
    return words


def _import(request: HttpRequest, calendar: Calendar) -> str:
    """Events with a UID that is known are replaced; nothing is doubled."""
    uploaded = request.FILES.get("file")
    if uploaded is None or (uploaded.size or 0) > ical.LONGEST:
        raise GrammarError("Choose a file of 2 MB at most.")
    parsed = ical.parse(uploaded.read())
    with transaction.atomic():
        for columns in parsed.events:
            Event.objects.update_or_create(
                calendar=calendar, uid=columns.pop("uid"), defaults=columns
            )
    words = f"{len(parsed.events)} events taken in."
    for reason, count in list(parsed.left_out.items())[:3]:
        words += f" {count} left out: {reason}"
    return words
