"""Repetition: the right days, and never for long."""

# ruff: noqa: DTZ001  (recurrence works on the naive wall clock)

from datetime import datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendar_app import recurrence
from calendar_app.recurrence import MOST_STEPS, Budget, expand, parse
from mailcore.errors import GrammarError

START = datetime(2026, 11, 23, 9, 15)
END = datetime(2030, 1, 1)


def days(rule: str, start: datetime = START, count: int = 5) -> list[str]:
    found = islice(expand(parse(rule), start, start, END), count)
    return [moment.strftime("%y%m%d") for moment in found]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY", ["261123", "261124", "261125", "261126", "261127"]),
        ("FREQ=DAILY;INTERVAL=3;COUNT=3", ["261123", "261126", "261129"]),
        ("FREQ=DAILY;UNTIL=20261125T235959Z", ["261123", "261124", "261125"]),
        ("FREQ=WEEKLY", ["261123", "261130", "261207", "261214", "261221"]),
        ("FREQ=WEEKLY;BYDAY=MO,FR", ["261123", "261127", "261130", "261204", "261207"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", ["261124", "261208", "261222", "270105", "270119"]),
        ("FREQ=MONTHLY", ["261123", "261223", "270123", "270223", "270323"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", ["261127", "261225", "270129", "270226", "270326"]),
        ("FREQ=MONTHLY;BYDAY=2TU", ["261208", "270112", "270209", "270309", "270413"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["261130", "261231", "270131", "270228", "270331"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["261130", "261231"]),
        ("FREQ=YEARLY;COUNT=2", ["261123", "271123"]),
        (
            "FREQ=YEARLY;BYMONTH=3,6;BYMONTHDAY=1",
            ["270301", "270601", "280301", "280601", "290301"],
        ),
        ("FREQ=DAILY;BYDAY=SA,SU", ["261128", "261129", "261205", "261206", "261212"]),
    ],
)
def test_the_days_are_those_of_the_rule(rule: str, expected: list[str]) -> None:
    assert days(rule) == expected


def test_the_31st_skips_short_months() -> None:
    assert days("FREQ=MONTHLY", datetime(2027, 1, 31)) == [
        "270131", "270331", "270531", "270731", "270831",
    ]  # fmt: skip


def test_the_29th_of_february_waits_for_leap_years() -> None:
    assert days("FREQ=YEARLY", datetime(2024, 2, 29)) == ["240229", "280229"]


def test_a_window_far_away_is_reached_at_once() -> None:
    budget = Budget()
    start = datetime(1970, 1, 1, 9)
    first, last = datetime(2026, 11, 1), datetime(2026, 11, 3)
    found = list(expand(parse("FREQ=DAILY"), start, first, last, budget=budget))
    assert [moment.day for moment in found] == [1, 2]
    assert Budget().days - budget.days < 10


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=5",
        "FREQ=HOURLY",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=0,1,2;BYSECOND=0,1,2",
        "FREQ=DAILY;COUNT=99999999999",
        "FREQ=DAILY;UNTIL=99999999",
        "FREQ=YEARLY;BYWEEKNO=1",
        "FREQ=DAILY;FREQ=DAILY",
        "INTERVAL=1",
        "",
        "FREQ=" + "X" * 1000,
    ],
)
def test_rules_that_hurt_are_refused(rule: str) -> None:
    with pytest.raises(GrammarError):
        parse(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;COUNT=1000000000",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1000000000",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;COUNT=1000000000",
    ],
)
def test_rules_that_never_end_are_walked_for_a_bounded_way(rule: str) -> None:
    budget = Budget()
    before = budget.days
    window = datetime(2026, 11, 1), datetime(2026, 12, 1)
    list(expand(parse(rule), datetime(1970, 1, 1), *window, budget=budget))
    assert before - budget.days <= MOST_STEPS * 31


def test_many_rules_share_one_budget() -> None:
    budget = Budget(days=1000)
    rule = parse("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9")
    for _ in range(50):
        list(expand(rule, START, START, END, budget=budget))
    assert budget.days >= -100


@given(st.text(max_size=80))
def test_no_rule_raises_anything_else(text: str) -> None:
    try:
        rule = parse(text)
    except GrammarError:
        return
    list(expand(rule, START, START, END, limit=20))


@given(
    st.sampled_from(recurrence.FREQUENCIES),
    st.integers(1, 40),
    st.lists(st.sampled_from(recurrence.DAYS), max_size=3),
    st.lists(st.integers(-31, 31).filter(bool), max_size=3),
    st.lists(st.integers(1, 12), max_size=3),
)
def test_occurrences_ascend_from_the_start(
    frequency: str, interval: int, by_day: list[str], by_month_day: list[int], by_month: list[int]
) -> None:
    text = f"FREQ={frequency};INTERVAL={interval}"
    for name, values in (("BYDAY", by_day), ("BYMONTHDAY", by_month_day), ("BYMONTH", by_month)):
        if values:
            text += f";{name}={','.join(map(str, values))}"
    found = list(expand(parse(text), START, START, END, limit=50))
    assert found == sorted(set(found))
    assert all(START <= moment < END for moment in found)
