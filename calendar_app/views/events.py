"""Making, changing and deleting events."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST

from calendar_app import ical, recurrence
from calendar_app.calendars import calendars_of
from calendar_app.forms import EventForm, initial
from calendar_app.models import Event
from mailcore.conf.current import snapshot


@login_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new event, on the day and hour that the address says."""
    account_id: int = request.user.pk or 0
    calendars = calendars_of(account_id)
    form = EventForm(
        request.POST or None,
        account_id=account_id,
        initial={**_start(request), "calendar": calendars[0].pk},
    )
    if request.method == "POST" and form.is_valid():
        event = Event(uid=f"{uuid.uuid4()}@{snapshot().me}")
        _fill(event, form.cleaned_data)
        messages.success(request, "Event added.")
        return redirect(_there(event))
    return render(request, "calendar_app/event.html", {"form": form, "event": None})


@login_required
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, number: int) -> HttpResponse:
    """An event, to see and to change."""
    event = _own(request, number)
    form = EventForm(
        request.POST or None,
        account_id=event.calendar.account_id,
        rule=event.rule,
        initial=initial(event),
    )
    if request.method == "POST" and form.is_valid():
        _fill(event, form.cleaned_data)
        messages.success(request, "Event saved.")
        return redirect(_there(event))
    context = {"form": form, "event": event, "on": request.GET.get("on", "")[:20]}
    return render(request, "calendar_app/event.html", context)


@login_required
@require_POST
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """The whole event, or the one repetition that `on` names."""
    event = _own(request, number)
    back = _there(event)
    on = request.POST.get("on", "")
    if request.POST.get("scope") == "this" and event.rule and _is_moment(on):
        if on not in event.skipped and len(event.skipped) < ical.MOST_SKIPPED:
            event.skipped = [*event.skipped, on]
            event.ical = ical.text_of(event)
            event.save()
        messages.success(request, "That one repetition is gone; the others stay.")
    else:
        event.delete()
        messages.success(request, "Event deleted.")
    return redirect(back)


def _own(request: HttpRequest, number: int) -> Event:
    return get_object_or_404(
        Event.objects.select_related("calendar"),
        pk=number,
        calendar__account__address=request.user.get_username(),
    )


def _fill(event: Event, data: dict[str, Any]) -> None:
    """The form's values into the row, and its text made anew."""
    for name in ("summary", "location", "description", "start", "end", "all_day", "rule"):
        setattr(event, name, data[name])
    event.calendar = data["calendar"]
    event.zone = "" if event.all_day else data["zone"]
    event.until = None
    if event.rule:
        local = data["start"].astimezone(UTC).replace(tzinfo=None)
        last = recurrence.last_start(recurrence.parse(event.rule), local)
        event.until = last.replace(tzinfo=UTC) + timedelta(days=1) if last else None
    event.ical = ical.text_of(event)
    event.save()


def _there(event: Event) -> str:
    day = event.start.astimezone(UTC if event.all_day else timezone.get_current_timezone()).date()
    return f"{reverse('calendar')}?date={day.isoformat()}"


def _start(request: HttpRequest) -> dict[str, Any]:
    today = timezone.localdate()
    try:
        day = parse_date(request.GET.get("date", "")) or today
    except ValueError:
        day = today
    hour = request.GET.get("hour", "")
    begin = time(int(hour)) if hour.isascii() and hour.isdigit() and int(hour) < 24 else _next()
    end = datetime.combine(date(2000, 1, 1), begin) + timedelta(hours=1)
    return {
        "start_date": day,
        "start_time": begin,
        "end_date": day,
        "end_time": end.time() if end.day == 1 else time(23, 59),
        "zone": timezone.get_current_timezone_name(),
    }


def _next() -> time:
    """The next full hour of a working day."""
    return time(min(22, max(8, timezone.localtime().hour + 1)))


def _is_moment(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007
    except ValueError:
        return False
    return True
