"""The calendar's pages."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from calendar_app.calendars import calendars_of
from calendar_app.models import Calendar, Event
from mailcore.accounts.models import Account
from tests.support.people import person

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

FORM = {
    "summary": "Lunch <b>",
    "start_date": "2026-11-26",
    "start_time": "12:30",
    "end_date": "2026-11-26",
    "end_time": "13:30",
    "zone": "Europe/Berlin",
    "repeat": "",
}


def filled(account: Account, **changes: str) -> dict[str, str]:
    return {**FORM, "calendar": str(calendars_of(account.pk)[0].pk), **changes}


def test_a_stranger_is_sent_to_the_door() -> None:
    for path in ("", "new", "event/1", "calendars", "calendars/1.ics"):
        assert Client().get(f"/calendar/{path}")["Location"].startswith("/login")


@pytest.mark.parametrize("view", ["month", "week", "agenda", "nonsense"])
@pytest.mark.parametrize("date", ["", "2026-11-26", "2026-02-31", "9999-12-31", "x"])
def test_every_view_of_every_date_is_drawn(browser_of_ada: Client, view: str, date: str) -> None:
    page = browser_of_ada.get("/calendar/", {"view": view, "date": date})
    assert page.status_code == 200


def test_an_event_is_made_shown_changed_and_deleted(ada: Account, browser_of_ada: Client) -> None:
    answer = browser_of_ada.post("/calendar/new", filled(ada))
    assert answer["Location"] == "/calendar/?date=2026-11-26"
    event = Event.objects.get()
    assert event.start == datetime(2026, 11, 26, 11, 30, tzinfo=UTC)
    for view in ("month", "week", "agenda"):
        page = browser_of_ada.get(f"/calendar/?view={view}&date=2026-11-26").content.decode()
        assert "Lunch &lt;b&gt;" in page
        assert "12:30" in page
    browser_of_ada.post(f"/calendar/event/{event.pk}", filled(ada, summary="Dinner"))
    assert Event.objects.get().summary == "Dinner"
    browser_of_ada.post(f"/calendar/event/{event.pk}/delete", {"scope": "all"})
    assert not Event.objects.exists()


def test_an_event_repeats_on_the_wall_clock_through_summer_time(
    ada: Account, browser_of_ada: Client
) -> None:
    browser_of_ada.post("/calendar/new", filled(ada, repeat="FREQ=WEEKLY", summary="Weekly"))
    for date in ("2026-12-03", "2027-07-01"):
        page = browser_of_ada.get(f"/calendar/?view=agenda&date={date}").content.decode()
        assert "12:30–13:30" in page


def test_one_repetition_can_be_taken_out(ada: Account, browser_of_ada: Client) -> None:
    browser_of_ada.post("/calendar/new", filled(ada, repeat="FREQ=DAILY", summary="Daily"))
    event = Event.objects.get()
    browser_of_ada.post(
        f"/calendar/event/{event.pk}/delete", {"scope": "this", "on": "20261127T123000"}
    )
    week = browser_of_ada.get("/calendar/?view=week&date=2026-11-26").context["columns"]
    assert [len(day.blocks) for day in week] == [0, 0, 0, 1, 0, 1, 1]


def test_the_form_says_what_is_wrong(ada: Account, browser_of_ada: Client) -> None:
    page = browser_of_ada.post("/calendar/new", filled(ada, end_date="2026-11-20"))
    assert b"ends before it begins" in page.content
    for wrong in ({"zone": "Mars/Base"}, {"repeat": "FREQ=SECONDLY"}, {"start_date": "x"}):
        assert browser_of_ada.post("/calendar/new", filled(ada, **wrong)).status_code == 200
    assert not Event.objects.exists()


def test_another_ones_calendar_is_out_of_reach(ada: Account, browser_of_ada: Client) -> None:
    browser_of_ada.post("/calendar/new", filled(ada))
    event = Event.objects.get()
    ben = Client()
    ben.force_login(person("ben@example.com"))
    assert ben.get(f"/calendar/event/{event.pk}").status_code == 404
    assert ben.post(f"/calendar/event/{event.pk}/delete").status_code == 404
    assert ben.get(f"/calendar/calendars/{event.calendar_id}.ics").status_code == 404
    assert b"Lunch" not in ben.get("/calendar/?date=2026-11-26").content
    page = ben.post("/calendar/new", filled(ada))
    assert page.status_code == 200
    assert Event.objects.count() == 1


def test_a_file_goes_out_and_comes_in_without_doubles(ada: Account, browser_of_ada: Client) -> None:
    browser_of_ada.post("/calendar/new", filled(ada, repeat="FREQ=WEEKLY"))
    calendar = Calendar.objects.get()
    data = browser_of_ada.get(f"/calendar/calendars/{calendar.pk}.ics")
    assert data["Content-Type"].startswith("text/calendar")
    for _ in range(2):
        upload = SimpleUploadedFile("x.ics", data.content)
        browser_of_ada.post(
            "/calendar/calendars", {"do": "import", "calendar": calendar.pk, "file": upload}
        )
    assert Event.objects.count() == 1
    assert Event.objects.get().rule == "FREQ=WEEKLY"


def test_a_bad_file_is_refused_in_words(ada: Account, browser_of_ada: Client) -> None:
    calendar = calendars_of(ada.pk)[0]
    page = browser_of_ada.post(
        "/calendar/calendars",
        {"do": "import", "calendar": calendar.pk, "file": SimpleUploadedFile("x.ics", b"no")},
        follow=True,
    )
    assert "not a calendar file" in page.content.decode()


def test_calendars_are_made_renamed_and_deleted(ada: Account, browser_of_ada: Client) -> None:
    browser_of_ada.post("/calendar/calendars", {"do": "create", "name": "Studio"})
    studio = Calendar.objects.get(name="Studio")
    browser_of_ada.post(
        "/calendar/calendars", {"do": "rename", "calendar": studio.pk, "name": "Atelier"}
    )
    browser_of_ada.post(
        "/calendar/calendars", {"do": "delete", "calendar": studio.pk, "typed": "wrong"}
    )
    assert Calendar.objects.filter(name="Atelier").exists()
    browser_of_ada.post(
        "/calendar/calendars", {"do": "delete", "calendar": studio.pk, "typed": "Atelier"}
    )
    assert not Calendar.objects.filter(pk=studio.pk).exists()


def test_three_hundred_nasty_events_are_drawn(ada: Account, browser_of_ada: Client) -> None:
    calendar = calendars_of(ada.pk)[0]
    start = datetime(1970, 1, 1, tzinfo=UTC)
    Event.objects.bulk_create(
        Event(
            calendar=calendar, uid=str(n), summary="x", start=start, end=start, zone="UTC",
            rule="FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1000000000",
        )
        for n in range(300)
    )  # fmt: skip
    assert browser_of_ada.get("/calendar/").status_code == 200
