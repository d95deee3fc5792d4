"""The Date: field: reading what people send, writing what RFC 5322 §3.3 asks."""

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTH_NUMBER = {name: at for at, name in enumerate(_MONTHS, 1)}
_MONTH_NAME = tuple(name.capitalize() for name in _MONTHS)
_ZONES = {  # RFC 5322 §4.3; the military letters mean nothing reliable
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -300, "edt": -240, "cst": -360,
    "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "cet": 60, "cest": 120,
}  # fmt: skip
_DATE = re.compile(
    r"\s*(?:[A-Za-z]{2,12}\.?,?\s*)?"
    r"(?P<day>\d{1,2})[\s-]+(?P<month>[A-Za-z]{3})[A-Za-z]{0,6}\.?[\s-]+(?P<year>\d{2,4})\s+"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d{1,9})?)?"
    r"(?:\s*(?P<zone>[+-]\d{4}|[A-Za-z]{1,5}))?"
)
_COMMENT = re.compile(r"\([^()]{0,60}\)")
_LONGEST = 200


def parse(value: bytes) -> datetime | None:
    """The moment a Date: value names, aware; None when it names none.

    Obsolete zones and two-digit years are understood; an unknown zone counts as UTC.
    """
    text = value[:_LONGEST].decode("latin-1")
    found = _DATE.match(_COMMENT.sub(" ", text))
    if found is None:
        return None
    month = _MONTH_NUMBER.get(found["month"].lower())
    if month is None:
        return None
    year = int(found["year"])
    if len(found["year"]) < 4:  # RFC 5322 §4.3
        year += 2000 if year < 50 else 1900
    try:
        return datetime(
            year,
            month,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            min(int(found["second"] or 0), 59),  # a leap second
            tzinfo=_zone(found["zone"] or ""),
        )
    except ValueError:
        return None


def _zone(text: str) -> timezone:
    if not text or text[0] not in "+-":
        minutes = _ZONES.get(text.lower(), 0)
    else:
        minutes = int(text[1:3]) * 60 + int(text[3:5])
        if text[0] == "-":
            minutes = -minutes
    if not minutes or abs(minutes) >= 24 * 60:
        return UTC
    return timezone(timedelta(minutes=minutes))


def format(moment: datetime) -> bytes:
    """`Sun, 22 Nov 2026 14:47:51 +0000`; a naive moment counts as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    offset = moment.utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTH_NAME[moment.month - 1]} "
        f"{moment.year:04d} {moment:%H:%M:%S} {sign}{hours:02d}{rest:02d}"
    ).encode("ascii")
