"""Where events stand on a page: weeks of a month, lanes of a day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from calendar_app.occurrences import Occurrence

SLOTS = 96
SLOT_MINUTES = 15
MOST_LANES = 4
MOST_IN_CELL = 3


@dataclass(slots=True)
class Day:
    """One day with what happens on it."""

    date: date
    in_month: bool = True
    is_today: bool = False
    shown: list[Occurrence] = field(default_factory=list)
    more: int = 0
    blocks: list["Block"] = field(default_factory=list)
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """A timed event in a day's column: quarter hours from midnight, and its lane."""

    occurrence: Occurrence
    slot: int
    span: int
    lane: int


def weeks(
    first: date, month: int, occurrences: Sequence[Occurrence], today: date
) -> list[list[Day]]:
    """Six weeks from the Monday `first`."""
    days = [
        Day(day, day.month == month, day == today)
        for day in (first + timedelta(days=offset) for offset in range(42))
    ]
    for day in days:
        here = on(day.date, occurrences)
        fits = len(here) <= MOST_IN_CELL
        day.shown = here if fits else here[: MOST_IN_CELL - 1]
        day.more = len(here) - len(day.shown)
    return [days[at : at + 7] for at in range(0, 42, 7)]


def on(day: date, occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """What happens on a day, whole-day events first."""
    return [one for one in occurrences if one.start.date() <= day <= _last_day(one)]


def columns(first: date, count: int, occurrences: Sequence[Occurrence], today: date) -> list[Day]:
    """Days as columns with their timed events in lanes."""
    made = []
    for offset in range(count):
        day = Day(first + timedelta(days=offset), True, first + timedelta(days=offset) == today)
        here = on(day.date, occurrences)
        day.shown = [one for one in here if _is_long(one)]
        _place(day, [one for one in here if not _is_long(one)])
        made.append(day)
    return made


def _is_long(one: Occurrence) -> bool:
    return one.all_day or one.end - one.start >= timedelta(days=1)


def _last_day(one: Occurrence) -> date:
    """The end is exclusive; an event without length is on the day it starts."""
    if one.end <= one.start:
        return one.start.date()
    return (one.end - timedelta(microseconds=1)).date()


def _place(day: Day, occurrences: Sequence[Occurrence]) -> None:
    """Put each event into the first lane that is free when it starts."""
    ends: list[int] = []
    for one in sorted(occurrences, key=lambda each: (each.start, each.end)):
        slot = _slot(one.start) if one.start.date() == day.date else 0
        last = _slot(one.end) if one.end.date() == day.date else SLOTS
        span = max(2, min(last - slot, SLOTS - slot))
        lane = next((at for at, end in enumerate(ends) if end <= slot), len(ends))
        if lane >= MOST_LANES:
            day.more += 1
            continue
        if lane == len(ends):
            ends.append(0)
        ends[lane] = slot + span
        day.blocks.append(Block(one, min(slot, SLOTS - 2), span, lane + 1))
    day.lanes = max(1, len(ends))


def _slot(moment: datetime) -> int:
    return (moment.hour * 60 + moment.minute) // SLOT_MINUTES
