"""Month, week and agenda."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from calendar_app import layout, occurrences
from calendar_app.calendars import calendars_of
from calendar_app.occurrences import Occurrence

VIEWS = ("month", "week", "agenda")
AGENDA_DAYS = 30


@dataclass(frozen=True, slots=True)
class Window:
    """What a view shows, and where the arrows lead."""

    first: date
    days: int
    previous: date
    next: date


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The calendar around `date` in the `view` that is asked for."""
    view = request.GET.get("view", "month")
    view = view if view in VIEWS else "month"
    today = timezone.localdate()
    day = _day(request.GET.get("date", ""), today)
    window = _window(view, day)
    account_id: int = request.user.pk or 0
    found = occurrences.between(
        account_id, _midnight(window.first), _midnight(window.first + timedelta(days=window.days))
    )
    context: dict[str, Any] = {
        "view": view,
        "day": day,
        "today": today,
        "window": window,
        "last": window.first + timedelta(days=window.days - 1),
        "calendars": calendars_of(account_id),
        **_arranged(view, window, day, found, today),
    }
    return render(request, "calendar_app/page.html", context)


def _arranged(
    view: str, window: Window, day: date, found: list[Occurrence], today: date
) -> dict[str, Any]:
    if view == "month":
        return {"weeks": layout.weeks(window.first, day.month, found, today)}
    if view == "week":
        return {
            "columns": layout.columns(window.first, 7, found, today),
            "hours": range(24),
        }
    days = [window.first + timedelta(days=offset) for offset in range(window.days)]
    listed = [(one, layout.on(one, found)) for one in days]
    return {"listed": [(one, here) for one, here in listed if here]}


def _day(text: str, today: date) -> date:
    try:
        found = parse_date(text)
    except ValueError:
        return today
    return found if found and 1900 < found.year < 2199 else today


def _window(view: str, day: date) -> Window:
    monday = day - timedelta(days=day.weekday())
    if view == "week":
        return Window(monday, 7, day - timedelta(days=7), day + timedelta(days=7))
    if view == "agenda":
        step = timedelta(days=AGENDA_DAYS)
        return Window(day, AGENDA_DAYS, day - step, day + step)
    first = day.replace(day=1)
    return Window(
        first - timedelta(days=first.weekday()),
        42,
        (first - timedelta(days=1)).replace(day=1),
        (first + timedelta(days=32)).replace(day=1),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())
