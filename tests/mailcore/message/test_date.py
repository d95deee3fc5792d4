"""Dates as people send them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import date


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        (b"Sun, 22 Nov 2026 14:47:51 +0100", "2026-11-22T14:47:51+01:00"),
        (b"22 Nov 2026 14:47 -0330", "2026-11-22T14:47:00-03:30"),
        (b"Sun, 22 Nov 26 14:47:51 EST", "2026-11-22T14:47:51-05:00"),
        (b"Sunday, 22-Nov-99 14:47:51 GMT", "1999-11-22T14:47:51+00:00"),
        (
            b"Sun, 22 Nov 2026 14:47:60 +0000 (Coordinated Universal Time)",
            "2026-11-22T14:47:59+00:00",
        ),
        (b"Sun,  2 nov 2026 4:07:51", "2026-11-02T04:07:51+00:00"),
        (b"Sun, 22 Nov 2026 14:47:51 +9900", "2026-11-22T14:47:51+00:00"),
    ],
)
def test_dates_are_understood(value: bytes, iso: str) -> None:
    found = date.parse(value)
    assert found is not None
    assert found.isoformat() == iso


@pytest.mark.parametrize("value", [b"", b"yesterday", b"32 Nov 2026 10:00", b"1 Foo 2026 10:00"])
def test_what_is_no_date_is_none(value: bytes) -> None:
    assert date.parse(value) is None


def test_naive_moments_count_as_utc() -> None:
    assert (
        date.format(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == b"Fri, 2 Jan 2026 03:04:05 +0000"
    )


zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(1950, 1, 1), timezones=zones))  # noqa: DTZ001
def test_what_is_formatted_is_read_back(moment: datetime) -> None:
    assert date.parse(date.format(moment)) == moment.replace(microsecond=0)


@given(st.binary(max_size=300))
def test_any_octets_are_a_date_or_none(value: bytes) -> None:
    date.parse(value)
