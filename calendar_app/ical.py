"""iCalendar text ⇄ event columns; the only doorway to the icalendar package.  RFC 5545."""

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar

from calendar_app import recurrence
from calendar_app.models import Event
from mailcore.errors import GrammarError

LONGEST = 2 * 1024 * 1024
MOST_EVENTS = 5_000
MOST_NESTED = 20_000
MOST_SKIPPED = 1_000
LONGEST_EVENT = timedelta(days=366 * 2)
PRODUCT = "-//Courier//Calendar//EN"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds: columns for each event, and how many were left out and why."""

    events: list[dict[str, Any]]
    left_out: dict[str, int] = field(default_factory=dict)


def parse(data: bytes) -> Parsed:
    """The events in a file.  Raises GrammarError when it is no calendar or too large."""
    if len(data) > LONGEST:
        raise GrammarError("The file is too large: 2 MB at most.")
    if data.upper().count(b"BEGIN:") > MOST_NESTED:
        raise GrammarError("The file has too many parts.")
    try:
        found = icalendar.Calendar.from_ical(data.decode("utf-8", "replace"), multiple=True)
        components = [one for each in found for one in each.walk("VEVENT")]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise GrammarError("That is not a calendar file.") from None
    if not found:
        raise GrammarError("That is not a calendar file.")
    events: list[dict[str, Any]] = []
    left_out: dict[str, int] = {}
    for component in components[:MOST_EVENTS]:
        try:
            events.append(columns(component))
        except GrammarError as error:
            left_out[str(error)] = left_out.get(str(error), 0) + 1
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, IndexError):
            left_out["It cannot be read."] = left_out.get("It cannot be read.", 0) + 1
    if len(components) > MOST_EVENTS:
        left_out[f"Only {MOST_EVENTS} at a time."] = len(components) - MOST_EVENTS
    return Parsed(_without_overridden(events), left_out)


def columns(component: Any) -> dict[str, Any]:
    """An Event's fields from a VEVENT."""
    start_value = component.decoded("DTSTART")
    start, zone, all_day = _moment(start_value)
    end = _end(component, start, all_day)
    rule = _rule(component)
    skipped = _skipped(component)
    local = start.astimezone(zoneinfo.ZoneInfo(zone)) if zone else start
    until = recurrence.last_start(rule, local.replace(tzinfo=None)) if rule else None
    uid = (
        str(component.get("UID") or "")[:250]
        or f"import-{hash((str(start), _text(component, 'SUMMARY', 300)))}"
    )
    override = component.get("RECURRENCE-ID")
    if override is not None:
        uid = f"{uid}/{override.to_ical().decode('ascii', 'replace')[:40]}"
    return {
        "uid": uid,
        "summary": _text(component, "SUMMARY", 300),
        "location": _text(component, "LOCATION", 300),
        "description": _text(component, "DESCRIPTION", 20_000),
        "start": start,
        "end": end,
        "all_day": all_day,
        "zone": zone,
        "rule": _rule_text(component) if rule else "",
        "until": until.replace(tzinfo=UTC) + timedelta(days=1) if until else None,
        "skipped": skipped,
        "ical": component.to_ical().decode("utf-8", "replace")[:100_000],
    }


def text_of(event: Event) -> str:
    """A VEVENT for an event: what came with it and is unknown to us stays."""
    component = _stored(event) or icalendar.Event()
    for name in ("UID", "SUMMARY", "LOCATION", "DESCRIPTION", "DTSTART", "DTEND", "DURATION",
                 "RRULE", "EXDATE", "DTSTAMP"):  # fmt: skip
        component.pop(name, None)
    component.add("UID", event.uid)
    component.add("DTSTAMP", datetime.now(UTC))
    for name, value in (
        ("SUMMARY", event.summary),
        ("LOCATION", event.location),
        ("DESCRIPTION", event.description),
    ):
        if value:
            component.add(name, value)
    if event.all_day:
        component.add("DTSTART", event.start.astimezone(UTC).date())
        component.add("DTEND", event.end.astimezone(UTC).date())
    else:
        zone = zoneinfo.ZoneInfo(event.zone or "UTC")
        component.add("DTSTART", event.start.astimezone(zone))
        component.add("DTEND", event.end.astimezone(zone))
    if event.rule:
        component.add("RRULE", icalendar.vRecur.from_ical(event.rule))
        for one in event.skipped[:MOST_SKIPPED]:
            component.add("EXDATE", _exception(event, one))
    text: str = component.to_ical().decode("utf-8")
    return text


def file_of(events: Iterable[Event], name: str) -> bytes:
    """A calendar file with these events and the zones they use."""
    made = icalendar.Calendar()
    made.add("PRODID", PRODUCT)
    made.add("VERSION", "2.0")
    made.add("X-WR-CALNAME", name)
    for event in events:
        made.add_component(icalendar.Event.from_ical(text_of(event)))
    made.add_missing_timezones()
    data: bytes = made.to_ical()
    return data


def _stored(event: Event) -> Any:
    if not event.ical:
        return None
    try:
        return icalendar.Event.from_ical(event.ical)
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def _exception(event: Event, local: str) -> date | datetime:
    moment = datetime.strptime(local, "%Y%m%dT%H%M%S")  # noqa: DTZ007
    if event.all_day:
        return moment.date()
    return moment.replace(tzinfo=zoneinfo.ZoneInfo(event.zone or "UTC"))


def _text(component: Any, name: str, longest: int) -> str:
    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else ""
    text = "".join(one for one in str(value or "") if one.isprintable() or one == "\n")
    return text.strip()[:longest]


def _moment(value: date | datetime) -> tuple[datetime, str, bool]:
    """The instant, the zone's name and whether it is a whole day.  Floating times are UTC."""
    if not isinstance(value, datetime):
        _check_year(value)
        return datetime(value.year, value.month, value.day, tzinfo=UTC), "", True
    _check_year(value)
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC), "UTC", False
    name = getattr(value.tzinfo, "key", None) or "UTC"
    if name not in zoneinfo.available_timezones():
        name = "UTC"
    return value.astimezone(UTC), name, False


def _check_year(value: date) -> None:
    if not 1900 <= value.year < recurrence.LAST_YEAR:
        raise GrammarError("It is too far away in time.")


def _end(component: Any, start: datetime, all_day: bool) -> datetime:
    if component.get("DTEND") is not None:
        end = _moment(component.decoded("DTEND"))[0]
    elif component.get("DURATION") is not None:
        end = start + component.decoded("DURATION")
    else:
        end = start + (timedelta(days=1) if all_day else timedelta())
    if end < start or end - start > LONGEST_EVENT:
        raise GrammarError("It ends before it begins, or never.")
    return end


def _rule_text(component: Any) -> str:
    value = component.get("RRULE")
    if value is None:
        return ""
    if isinstance(value, list):
        raise GrammarError("It repeats in several ways at once.")
    text: str = value.to_ical().decode("ascii", "replace")
    return text


def _rule(component: Any) -> recurrence.Rule | None:
    text = _rule_text(component)
    return recurrence.parse(text) if text else None


def _skipped(component: Any) -> list[str]:
    value = component.get("EXDATE")
    if value is None:
        return []
    found = []
    for each in value if isinstance(value, list) else [value]:
        for one in each.dts[:MOST_SKIPPED]:
            moment = one.dt
            if not isinstance(moment, datetime):
                moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
            found.append(moment.strftime("%Y%m%dT%H%M%S"))
    return found[:MOST_SKIPPED]


def _without_overridden(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A changed repetition is an event of its own; its series leaves that day out."""
    by_uid = {one["uid"]: one for one in events}
    for uid in list(by_uid):
        series, slash, moment = uid.rpartition("/")
        if slash and series in by_uid and len(by_uid[series]["skipped"]) < MOST_SKIPPED:
            stamp = moment.rstrip("Z")
            by_uid[series]["skipped"].append(stamp if "T" in stamp else f"{stamp}T000000")
    return list(by_uid.values())
