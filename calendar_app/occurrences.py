"""What happens in a window of time: events and their repetitions as values."""

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from django.db.models import Q
from django.utils import timezone

from calendar_app import recurrence
from calendar_app.models import Event
from calendar_app.recurrence import Budget
from mailcore.errors import GrammarError

MOST_EVENTS = 3_000
MOST_SHOWN = 5_000


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time an event happens; `start` and `end` in the reader's zone."""

    event: Event
    start: datetime
    end: datetime

    @property
    def all_day(self) -> bool:
        return self.event.all_day

    @property
    def key(self) -> str:
        """Which repetition this is: the local start in the event's own zone."""
        return self.start.astimezone(zone_of(self.event)).strftime("%Y%m%dT%H%M%S")


def between(account_id: int, first: datetime, last: datetime) -> list[Occurrence]:
    """Everything that overlaps `first` (inclusive) to `last` (exclusive), in order."""
    events = (
        Event.objects.filter(calendar__account_id=account_id, start__lt=last + timedelta(days=1))
        .filter(
            Q(rule="", end__gt=first - timedelta(days=1))
            | (~Q(rule="") & (Q(until=None) | Q(until__gte=first - timedelta(days=40))))
        )
        .select_related("calendar")[:MOST_EVENTS]
    )
    found: list[Occurrence] = []
    budget = Budget()
    for event in events:
        for one in happenings(event, first, last, budget):
            found.append(one)
            if len(found) >= MOST_SHOWN:
                break
    return sorted(found, key=lambda one: (not one.all_day, one.start, one.event.pk))


def happenings(
    event: Event, first: datetime, last: datetime, budget: Budget | None = None
) -> Iterator[Occurrence]:
    """The times one event happens in the window."""
    here = timezone.get_current_timezone()
    length = event.end - event.start
    if not event.rule:
        one = _shown(event, event.start, here)
        if one.start < last and (one.end > first or one.start >= first):
            yield one
        return
    try:
        rule = recurrence.parse(event.rule)
    except GrammarError:
        return
    zone = zone_of(event)
    local = event.start.astimezone(zone).replace(tzinfo=None)
    since = (first - length).astimezone(zone).replace(tzinfo=None) - timedelta(days=1)
    until = last.astimezone(zone).replace(tzinfo=None) + timedelta(days=1)
    skipped = set(event.skipped)
    for moment in recurrence.expand(rule, local, since, until, budget=budget):
        if moment.strftime("%Y%m%dT%H%M%S") in skipped:
            continue
        one = _shown(event, moment.replace(tzinfo=zone), here)
        if one.start < last and one.end > first:
            yield one


def zone_of(event: Event) -> tzinfo:
    """Where the event's wall clock hangs; whole days hang in UTC."""
    if event.all_day or not event.zone:
        return UTC
    try:
        return zoneinfo.ZoneInfo(event.zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _shown(event: Event, start: datetime, here: tzinfo) -> Occurrence:
    """Whole days are the same date everywhere; times are shown where the reader is."""
    length = event.end - event.start
    if event.all_day:
        begin = start.astimezone(UTC).replace(tzinfo=here)
        return Occurrence(event, begin, begin + length)
    begin = start.astimezone(here)
    return Occurrence(event, begin, (start.astimezone(UTC) + length).astimezone(here))
