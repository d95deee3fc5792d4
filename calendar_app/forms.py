"""The event form: wall-clock times in a zone, and repetition as choices."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from calendar_app import recurrence
from calendar_app.models import Calendar, Event
from calendar_app.occurrences import zone_of
from mailcore.errors import GrammarError

REPEATS = [
    ("", "Does not repeat"),
    ("FREQ=DAILY", "Every day"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every weekday"),
    ("FREQ=WEEKLY", "Every week"),
    ("FREQ=WEEKLY;INTERVAL=2", "Every two weeks"),
    ("FREQ=MONTHLY", "Every month on this day"),
    ("FREQ=YEARLY", "Every year"),
]


def zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class EventForm(forms.Form):
    """One event."""

    summary = forms.CharField(max_length=300, label="Title", required=False)
    all_day = forms.BooleanField(required=False, label="All day")
    start_date = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    start_time = forms.TimeField(
        label="at", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    end_date = forms.DateField(
        label="To", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    end_time = forms.TimeField(
        label="at", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    zone = forms.ChoiceField(choices=zones, label="Time zone")
    repeat = forms.ChoiceField(choices=REPEATS, required=False, label="Repeats")
    repeat_until = forms.DateField(
        required=False, label="Until", widget=forms.DateInput(attrs={"type": "date"})
    )
    calendar = forms.ModelChoiceField(queryset=Calendar.objects.none(), empty_label=None)
    location = forms.CharField(max_length=300, required=False, label="Place")
    description = forms.CharField(
        max_length=20_000, required=False, label="Notes", widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, account_id: int, rule: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["calendar"]
        assert isinstance(field, forms.ModelChoiceField)  # declared above
        field.queryset = Calendar.objects.filter(account_id=account_id)
        if rule and rule not in dict(REPEATS):
            repeat = self.fields["repeat"]
            assert isinstance(repeat, forms.ChoiceField)  # declared above
            words = recurrence.sentence(recurrence.parse(rule)).capitalize()
            repeat.choices = [*REPEATS, (rule, words)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        start, end = self._times(data)
        if end < start:
            self.add_error("end_date", "It ends before it begins.")
            return data
        if end - start > timedelta(days=366):
            self.add_error("end_date", "That is longer than a year.")
        data["start"], data["end"] = start, end
        data["rule"] = self._rule(data)
        return data

    def _times(self, data: dict[str, Any]) -> tuple[datetime, datetime]:
        first: date = data["start_date"]
        last: date = data["end_date"] or first
        if data["all_day"]:
            begin = datetime.combine(first, time(), UTC)
            return begin, datetime.combine(last, time(), UTC) + timedelta(days=1)
        zone = zoneinfo.ZoneInfo(data["zone"])
        begins = data["start_time"] or time(9)
        start = datetime.combine(first, begins, zone)
        if data["end_time"]:
            end = datetime.combine(last, data["end_time"], zone)
        else:
            end = start + timedelta(hours=1)
        return start.astimezone(UTC), end.astimezone(UTC)

    def _rule(self, data: dict[str, Any]) -> str:
        text: str = data["repeat"]
        if not text:
            return ""
        if data["repeat_until"] and "COUNT=" not in text:
            parts = [part for part in text.split(";") if not part.startswith("UNTIL=")]
            text = ";".join([*parts, f"UNTIL={data['repeat_until']:%Y%m%d}T235959Z"])
        try:
            recurrence.parse(text)
        except GrammarError as error:
            self.add_error("repeat", str(error))
        return text


def initial(event: Event) -> dict[str, Any]:
    """The form's fields for an event."""
    zone = zone_of(event)
    start = event.start.astimezone(zone)
    end = event.end.astimezone(zone)
    rule = _parsed(event.rule)
    return {
        "summary": event.summary,
        "all_day": event.all_day,
        "start_date": start.date(),
        "start_time": start.time() if not event.all_day else None,
        "end_date": (end - timedelta(days=1)).date() if event.all_day else end.date(),
        "end_time": end.time() if not event.all_day else None,
        "zone": event.zone or timezone.get_current_timezone_name(),
        "repeat": _choice(event.rule),
        "repeat_until": rule.until.date() if rule and rule.until else None,
        "calendar": event.calendar_id,
        "location": event.location,
        "description": event.description,
    }


def _choice(rule: str) -> str:
    """The repetition without its end, when that is one of the choices."""
    bare = ";".join(part for part in rule.split(";") if not part.startswith("UNTIL="))
    return bare if bare in dict(REPEATS) else rule


def _parsed(rule: str) -> recurrence.Rule | None:
    try:
        return recurrence.parse(rule) if rule else None
    except GrammarError:
        return None
