"""What went through in the last day and what waits, counted from the queue's rows."""

import time
from dataclasses import dataclass

from django.db.models import Count, FloatField, IntegerField, Min
from django.db.models.functions import Cast, Floor

from mailcore.queue.models import Recipient, Trace

HOURS = 24
METERS = (
    ("Accepted", ("queued",), ""),
    ("Delivered", ("delivered", "relayed"), "good"),
    ("Deferred", ("deferred",), "warn"),
    ("Failed", ("failed", "rejected"), "bad"),
)


@dataclass(frozen=True, slots=True)
class Meter:
    """One number with its curve; `points` are coordinates for an SVG of 120 × 32."""

    title: str
    level: str
    total: int
    hours: tuple[int, ...]
    points: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Recipients not yet served; `oldest` in seconds."""

    recipients: int
    held: int
    deferred: int
    oldest: float


def meters() -> list[Meter]:
    """The four numbers, from the trace of the last 24 hours."""
    now = time.time()
    since = now - HOURS * 3600
    counted = (
        Trace.objects.using("queue")
        .filter(at__gt=since)
        .annotate(hour=Cast(Floor(Cast("at", FloatField()) / 3600), IntegerField()))
        .values("event", "hour")
        .annotate(number=Count("id"))
    )
    by_event: dict[str, dict[int, int]] = {}
    for row in counted:
        by_event.setdefault(row["event"], {})[row["hour"]] = row["number"]
    first = int(now // 3600) - HOURS + 1
    made = []
    for title, events, level in METERS:
        hours = tuple(
            sum(by_event.get(event, {}).get(hour, 0) for event in events)
            for hour in range(first, first + HOURS)
        )
        made.append(Meter(title, level, sum(hours), hours, curve(hours)))
    return made


def curve(values: tuple[int, ...], width: int = 120, height: int = 32) -> str:
    """The points of a polyline, the largest value at the top."""
    most = max(values, default=0) or 1
    step = width / max(1, len(values) - 1)
    return " ".join(
        f"{index * step:.1f},{height - 2 - value / most * (height - 4):.1f}"
        for index, value in enumerate(values)
    )


def waiting() -> Waiting:
    """How much is in the queue now."""
    rows = Recipient.objects.using("queue").exclude(state="report")
    oldest = rows.aggregate(first=Min("message_id"))["first"]
    return Waiting(
        recipients=rows.count(),
        held=rows.filter(state="held").count(),
        deferred=rows.filter(attempts__gt=0).count(),
        oldest=max(0.0, time.time() - (oldest >> 22) / 1000) if oldest else 0.0,
    )
