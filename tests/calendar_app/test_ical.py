"""Calendar files in and out."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendar_app import ical
from calendar_app.models import Event
from mailcore.errors import GrammarError


def file(*lines: str) -> bytes:
    body = "\r\n".join(lines)
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:u1\r\n{body}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def test_an_event_is_read() -> None:
    (event,) = ical.parse(
        file(
            "SUMMARY:Lunch\\, with Ben",
            "DTSTART;TZID=Europe/Berlin:20261126T123000",
            "DTEND;TZID=Europe/Berlin:20261126T133000",
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "EXDATE;TZID=Europe/Berlin:20261203T123000",
        )
    ).events
    assert event["summary"] == "Lunch, with Ben"
    assert event["start"] == datetime(2026, 11, 26, 11, 30, tzinfo=UTC)
    assert event["zone"] == "Europe/Berlin"
    assert event["skipped"] == ["20261203T123000"]
    assert event["until"] is not None


def test_what_is_written_is_read_again() -> None:
    event = Event(
        uid="u2", summary="a;b,c\nd", location="Süd", description="x" * 500, zone="America/New_York",
        start=datetime(2026, 3, 1, 14, tzinfo=UTC), end=datetime(2026, 3, 1, 15, tzinfo=UTC),
        rule="FREQ=WEEKLY;BYDAY=SU,MO", skipped=["20260308T090000"],
    )  # fmt: skip
    (again,) = ical.parse(ical.file_of([event], "Mine")).events
    for name in ("uid", "summary", "location", "description", "zone", "start", "end", "skipped"):
        assert again[name] == getattr(event, name)


def test_whole_days_stay_whole() -> None:
    (event,) = ical.parse(file("DTSTART;VALUE=DATE:20261224", "SUMMARY:x")).events
    assert event["all_day"]
    assert (event["end"] - event["start"]).days == 1


@pytest.mark.parametrize(
    "line",
    [
        "RRULE:FREQ=SECONDLY",
        "RRULE:FREQ=DAILY;INTERVAL=0",
        "DTEND:19700101T000000Z",
        "DTEND:99991231T000000Z",
        "DURATION:-P1D",
        "DURATION:P99999D",
    ],
)
def test_events_that_hurt_are_left_out_with_a_reason(line: str) -> None:
    parsed = ical.parse(file("DTSTART:20261126T123000Z", line))
    assert parsed.events == []
    assert sum(parsed.left_out.values()) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"BEGIN:VCALENDAR",
        b"BEGIN:VEVENT\r\n" * 5000 + b"END:VEVENT\r\n" * 5000,
        b"BEGIN:VEVENT\r\n" * 30_000,
        b"x" * (ical.LONGEST + 1),
        b"\x00\xff" * 100,
    ],
    ids=range(7),
)
def test_files_that_are_none_are_refused_in_words(data: bytes) -> None:
    with suppress(GrammarError):
        assert ical.parse(data).events == []


def test_ten_thousand_exceptions_are_cut() -> None:
    dates = ",".join(f"2026{n % 12 + 1:02}{n % 28 + 1:02}T{n % 24:02}0000Z" for n in range(10_000))
    (event,) = ical.parse(
        file("DTSTART:20260101T090000Z", "RRULE:FREQ=DAILY", f"EXDATE:{dates}")
    ).events
    assert len(event["skipped"]) <= ical.MOST_SKIPPED


def test_a_changed_repetition_takes_the_place_of_the_regular_one() -> None:
    data = file("DTSTART:20261101T090000Z", "RRULE:FREQ=DAILY").replace(
        b"END:VCALENDAR",
        b"BEGIN:VEVENT\r\nUID:u1\r\nRECURRENCE-ID:20261103T090000Z\r\n"
        b"DTSTART:20261103T150000Z\r\nEND:VEVENT\r\nEND:VCALENDAR",
    )
    series, other = ical.parse(data).events
    assert series["skipped"] == ["20261103T090000"]
    assert other["uid"].startswith("u1/")


@given(st.binary(max_size=400))
def test_no_file_raises_anything_else(data: bytes) -> None:
    with suppress(GrammarError):
        ical.parse(
            b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + data + b"\r\nEND:VEVENT\r\nEND:VCALENDAR"
        )
