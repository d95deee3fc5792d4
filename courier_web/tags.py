"""Small template words used by every app: icons, avatars, times, sizes."""

import re
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

AVATAR_HUES = 10
_NAMED = re.compile(r"([^<>]*)<[^<>]*>\s*")
_BETWEEN = re.compile(r"(?<=>)\s*,\s*")
UNITS = ("kB", "MB", "GB", "TB")


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """A drawing from the sprite; it says nothing to a screen reader, its button does."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="#i-{}"/></svg>', classes, name
    )


@register.filter
def coded(text: str) -> SafeString:
    """What stands between backticks, as code."""
    parts = text.split("`")
    return format_html_join(
        "", "{}{}{}", (_code(part) if at % 2 else ("", part, "") for at, part in enumerate(parts))
    )


def _code(text: str) -> tuple[SafeString, str, SafeString]:
    return format_html("<code>"), text, format_html("</code>")


@register.filter
def hue(text: str) -> int:
    """One of ten avatar colours, always the same for the same person."""
    return zlib.crc32(text.strip().lower().encode()) % AVATAR_HUES


@register.filter
def initials(text: str) -> str:
    """One or two letters for an avatar."""
    words = [
        word for word in text.replace("@", " ").replace(".", " ").split() if word[:1].isalnum()
    ]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def moment(value: datetime | float | None) -> datetime | None:
    """A datetime in the reader's zone from a datetime or seconds since 1970."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        try:
            value = datetime.fromtimestamp(value, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    if timezone.is_naive(value):
        value = value.replace(tzinfo=UTC)
    return timezone.localtime(value)


@register.filter
def when(value: datetime | float | None) -> str:
    """Short: the hour today, the day this year, else the date."""
    stamp = moment(value)
    if stamp is None:
        return ""
    today = timezone.localtime()
    if stamp.date() == today.date():
        return format_date(stamp, "H:i")
    if stamp.date() == (today - timedelta(days=1)).date():
        return "Yesterday"
    if stamp.year == today.year:
        return format_date(stamp, "j M")
    return format_date(stamp, "j M Y")


@register.filter
def when_full(value: datetime | float | None) -> str:
    """Long: for titles and screen readers."""
    stamp = moment(value)
    return format_date(stamp, "l, j F Y, H:i") if stamp else ""


@register.filter
def iso(value: datetime | float | None) -> str:
    """For the `datetime` attribute."""
    stamp = moment(value)
    return stamp.isoformat(timespec="seconds") if stamp else ""


@register.filter
def ago(value: datetime | float | None) -> str:
    """How long since, in one unit."""
    stamp = moment(value)
    if stamp is None:
        return ""
    return duration((timezone.now() - stamp).total_seconds())


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds in one readable unit."""
    if seconds is None:
        return ""
    seconds = max(0, int(seconds))
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


@register.filter
def octets(size: int | None) -> str:
    """A size in bytes as people read it."""
    if size is None:
        return ""
    amount = float(size)
    if amount < 1000:
        return f"{int(amount)} B"
    for unit in UNITS:
        amount /= 1000
        if amount < 1000 or unit == UNITS[-1]:
            return f"{amount:.0f} {unit}" if amount >= 10 else f"{amount:.1f} {unit}"
    return ""


@register.filter
def counterpart(row: Any, folder: Any) -> str:
    """Whom a list row names: the sender, in Sent and Drafts the recipients."""
    return people(row.to if folder.kind in ("sent", "drafts") else row.from_)


@register.filter
def sender(row: Any) -> str:
    """Who wrote the message of a list row."""
    return people(row.from_)


def people(text: str) -> str:
    """`Ann Lee <ann@a.example>, Ben <b@b.example>` as `Ann Lee, Ben`; at most three names."""
    found = [
        (_NAMED.fullmatch(one) or [one, one])[1].strip(' "') or one.strip(" <>")
        for one in _BETWEEN.split(text[:1000], maxsplit=4)
    ]
    return ", ".join(found[:3]) + (", …" if len(found) > 3 else "")


@register.filter
def clock(value: datetime | float | None) -> str:
    """Hours, minutes and seconds."""
    stamp = moment(value)
    return format_date(stamp, "H:i:s") if stamp else ""
