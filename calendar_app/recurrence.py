"""Repetition of events, bounded whatever the rule says.  RFC 5545 §3.3.10.

The unit is a day: rules that repeat within a day are refused, for they come from
attackers or by mistake.  Expansion walks from period to period (day, week, month,
year), begins near the window that is asked for, and gives up after `MOST_STEPS`
periods; one period never has more than 366 days to look at.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from mailcore.errors import GrammarError

MOST_STEPS = 20_000
MOST_OCCURRENCES = 2_000
LONGEST_RULE = 500
LAST_YEAR = 2200
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(slots=True)
class Budget:
    """How many days may still be looked at, shared by all the rules of one request."""

    days: int = 400_000

    def spend(self, days: int) -> bool:
        self.days -= days
        return self.days >= 0


_COST = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was read and found harmless.  `by_day` holds (ordinal or 0, weekday)."""

    frequency: str
    interval: int = 1
    count: int = 0
    until: datetime | None = None
    by_day: tuple[tuple[int, int], ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()
    week_start: int = 0


def parse(text: str) -> Rule:
    """Read an RRULE value; raises GrammarError, in words for the writer, for what we refuse."""
    if len(text) > LONGEST_RULE:
        raise GrammarError("The repetition is too complicated.")
    parts: dict[str, str] = {}
    for part in text.strip().rstrip(";").upper().split(";"):
        name, equals, value = part.partition("=")
        if not equals or name in parts:
            raise GrammarError("The repetition cannot be read.")
        parts[name] = value
    frequency = parts.pop("FREQ", "")
    if frequency not in FREQUENCIES:
        raise GrammarError("An event may repeat by day, week, month or year.")
    rule = Rule(
        frequency=frequency,
        interval=_number(parts.pop("INTERVAL", "1"), 1, 1000),
        count=_number(parts.pop("COUNT", "0"), 0, 10**9),
        until=_until(parts.pop("UNTIL", "")),
        by_day=_days(parts.pop("BYDAY", "")),
        by_month_day=_numbers(parts.pop("BYMONTHDAY", ""), 31, negative=True),
        by_month=_numbers(parts.pop("BYMONTH", ""), 12),
        by_position=_numbers(parts.pop("BYSETPOS", ""), 366, negative=True),
        week_start=_weekday(parts.pop("WKST", "MO")),
    )
    if parts:
        raise GrammarError(f"Repetition by {sorted(parts)[0][:20]} is not supported.")
    return rule


def expand(
    rule: Rule,
    start: datetime,
    first: datetime,
    last: datetime,
    *,
    limit: int = MOST_OCCURRENCES,
    budget: Budget | None = None,
) -> Iterator[datetime]:
    """The local starts from `first` on and before `last`, at most `limit` of them.

    All times are naive: the wall clock of the event's zone.  Never runs for long: see
    the module's own words; `budget` bounds many rules together.
    """
    budget = budget or Budget()
    given, counted = 0, 0
    period = _first_period(rule, start.date(), first.date())
    for _ in range(MOST_STEPS):
        if not budget.spend(_COST[rule.frequency]):
            return
        days = _days_of(rule, start.date(), period)
        if days is None:
            return
        for day in days:
            moment = datetime.combine(day, start.time())
            if moment < start:
                continue
            counted += 1
            if (rule.count and counted > rule.count) or moment >= last:
                return
            if rule.until is not None and moment > rule.until:
                return
            if moment >= first:
                given += 1
                yield moment
                if given >= limit:
                    return
        period += rule.interval


def last_start(rule: Rule, start: datetime) -> datetime | None:
    """A bound for the last start: for `until` and short counts; None when there is none."""
    if rule.until is not None:
        return rule.until
    if not rule.count or rule.count > MOST_OCCURRENCES:
        return None
    found = start
    for moment in expand(rule, start, start, datetime(LAST_YEAR, 1, 1)):  # noqa: DTZ001
        found = moment
    return found


def _first_period(rule: Rule, start: date, wanted: date) -> int:
    """The number of the first period to look at; counting has to begin at the beginning."""
    if rule.count or wanted <= start:
        return 0
    passed = (wanted - start).days
    periods = {
        "DAILY": passed - 1,
        "WEEKLY": passed // 7 - 1,
        "MONTHLY": (wanted.year - start.year) * 12 + wanted.month - start.month - 1,
        "YEARLY": wanted.year - start.year - 1,
    }[rule.frequency]
    return max(0, periods // rule.interval * rule.interval)


def _days_of(rule: Rule, start: date, period: int) -> list[date] | None:
    """The days that the rule picks in a period, ascending; None beyond the calendar's end."""
    try:
        days = _PICK[rule.frequency](rule, start, period)
    except (OverflowError, ValueError):
        return None
    if days is None:
        return None
    if rule.by_position:
        places = {n - 1 if n > 0 else len(days) + n for n in rule.by_position}
        days = [day for at, day in enumerate(days) if at in places]
    return days


def _daily(rule: Rule, start: date, period: int) -> list[date] | None:
    day = start + timedelta(days=period)
    if day.year >= LAST_YEAR:
        return None
    fits = (
        (not rule.by_month or day.month in rule.by_month)
        and (not rule.by_day or any(weekday == day.weekday() for _, weekday in rule.by_day))
        and (not rule.by_month_day or _is_month_day(day, rule.by_month_day))
    )
    return [day] if fits else []


def _weekly(rule: Rule, start: date, period: int) -> list[date] | None:
    monday = start - timedelta(days=(start.weekday() - rule.week_start) % 7)
    begin = monday + timedelta(weeks=period)
    if begin.year >= LAST_YEAR:
        return None
    wanted = {weekday for _, weekday in rule.by_day} or {start.weekday()}
    days = [begin + timedelta(days=offset) for offset in range(7)]
    return [
        day
        for day in days
        if day.weekday() in wanted and (not rule.by_month or day.month in rule.by_month)
    ]


def _monthly(rule: Rule, start: date, period: int) -> list[date] | None:
    months = start.year * 12 + start.month - 1 + period
    year, month = divmod(months, 12)
    if year >= LAST_YEAR:
        return None
    if rule.by_month and month + 1 not in rule.by_month:
        return []
    return _in_month(rule, start, year, month + 1)


def _yearly(rule: Rule, start: date, period: int) -> list[date] | None:
    year = start.year + period
    if year >= LAST_YEAR:
        return None
    if rule.by_day and not rule.by_month and not rule.by_month_day:
        first = date(year, 1, 1)
        length = 366 if calendar.isleap(year) else 365
        return _by_day(rule, [first + timedelta(days=offset) for offset in range(length)])
    everywhere = range(1, 13) if rule.by_month_day else (start.month,)
    months = rule.by_month or tuple(everywhere)
    return [day for month in sorted(months) for day in _in_month(rule, start, year, month)]


_PICK = {"DAILY": _daily, "WEEKLY": _weekly, "MONTHLY": _monthly, "YEARLY": _yearly}


def _in_month(rule: Rule, start: date, year: int, month: int) -> list[date]:
    length = calendar.monthrange(year, month)[1]
    days = [date(year, month, number) for number in range(1, length + 1)]
    if rule.by_month_day:
        days = [day for day in days if _is_month_day(day, rule.by_month_day)]
        wanted = {weekday for _, weekday in rule.by_day}
        return [day for day in days if not wanted or day.weekday() in wanted]
    if rule.by_day:
        return _by_day(rule, days)
    return [day for day in days if day.day == start.day]


def _by_day(rule: Rule, days: list[date]) -> list[date]:
    """The weekdays wanted among `days`, by ordinal (2TU, -1FR) where one is given."""
    picked: set[date] = set()
    for ordinal, weekday in rule.by_day:
        fitting = [day for day in days if day.weekday() == weekday]
        if not ordinal:
            picked.update(fitting)
        elif abs(ordinal) <= len(fitting):
            picked.add(fitting[ordinal - 1 if ordinal > 0 else ordinal])
    return sorted(picked)


def _is_month_day(day: date, wanted: tuple[int, ...]) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    return day.day in wanted or day.day - length - 1 in wanted


def _number(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise GrammarError("The repetition has an impossible number.")
    return int(text)


def _numbers(text: str, most: int, *, negative: bool = False) -> tuple[int, ...]:
    if not text:
        return ()
    found = []
    for part in text.split(",")[:400]:
        if not re.fullmatch(r"[+-]?[0-9]{1,3}", part):
            raise GrammarError("The repetition has an impossible number.")
        number = int(part)
        if number == 0 or abs(number) > most or (number < 0 and not negative):
            raise GrammarError("The repetition has an impossible number.")
        found.append(number)
    return tuple(dict.fromkeys(found))


def _days(text: str) -> tuple[tuple[int, int], ...]:
    if not text:
        return ()
    found = []
    for part in text.split(",")[:400]:
        match = _BY_DAY.fullmatch(part)
        if not match:
            raise GrammarError("The repetition names an impossible day.")
        found.append((int(match[1] or 0), DAYS.index(match[2])))
    return tuple(dict.fromkeys(found))


def _weekday(text: str) -> int:
    if text not in DAYS:
        raise GrammarError("The repetition names an impossible day.")
    return DAYS.index(text)


def _until(text: str) -> datetime | None:
    """The last moment, naive; a date counts to its end.  A UTC time is taken as it stands."""
    if not text:
        return None
    try:
        if "T" in text:
            return datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
        return datetime.combine(datetime.strptime(text, "%Y%m%d").date(), time.max)  # noqa: DTZ007
    except ValueError:
        raise GrammarError("The repetition ends at an impossible time.") from None


def sentence(rule: Rule) -> str:
    """The rule in words: `every 2 weeks on Monday and Friday, 10 times`."""
    unit = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}[rule.frequency]
    words = f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"
    if rule.by_day:
        words += " on " + " and ".join(_day_words(*one) for one in rule.by_day[:7])
    if rule.by_month_day:
        words += " on day " + ", ".join(str(one) for one in rule.by_month_day[:10])
    if rule.count:
        words += f", {rule.count} times"
    elif rule.until is not None:
        words += f", until {rule.until:%d.%m.%Y}"
    return words


def _day_words(ordinal: int, weekday: int) -> str:
    name = calendar.day_name[weekday]
    places = {0: "", 1: "the first ", 2: "the second ", 3: "the third ", 4: "the fourth "}
    return places.get(ordinal, "the last " if ordinal == -1 else f"{ordinal}. ") + name
