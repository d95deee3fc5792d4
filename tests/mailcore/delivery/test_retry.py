"""When mail is tried again.  Courier retryalpha, retrybeta, retrygamma, retrymaxdelta."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.delivery.retry import Schedule, has_expired, is_late, pause

DEFAULT = Schedule()


def test_gaps_with_the_defaults_are_couriers() -> None:
    minutes = [pause(attempt, DEFAULT) // 60 for attempt in range(1, 16)]
    assert minutes == [5, 5, 30, 5, 5, 60, 5, 5, 120, 5, 5, 120, 5, 5, 120]


def test_the_time_line_is_couriers() -> None:
    now, line = 0, []
    for attempt in range(1, 13):
        now += pause(attempt, DEFAULT) // 60
        line.append(now)
    assert line == [5, 10, 40, 45, 50, 110, 115, 120, 240, 245, 250, 370]


@given(st.integers(1, 10_000), st.integers(1, 10), st.integers(0, 20))
def test_a_pause_is_never_longer_than_the_longest(attempt: int, beta: int, delta: int) -> None:
    schedule = Schedule(300, beta, 900, delta)
    assert 300 <= pause(attempt, schedule) <= max(300, 900 * 2**delta)


@pytest.mark.parametrize(("warn_at", "now", "late"), [(0, 9e9, False), (5, 4, False), (5, 5, True)])
def test_a_warning_is_due_only_when_there_is_to_be_one(
    warn_at: float, now: float, late: bool
) -> None:
    assert is_late(warn_at, now) is late


def test_expiry_is_at_the_end_of_an_attempt() -> None:
    assert has_expired(10, 10)
    assert not has_expired(10, 9.9)
