"""Calendars and their events."""

from django.db import models

from mailcore.accounts.models import Account


class Calendar(models.Model):
    """One calendar of one account; `colour` is one of ten."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="calendars")
    name = models.CharField(max_length=100)
    colour = models.PositiveSmallIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="one_calendar_of_that_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """A VEVENT: its text as it came or was made, and what queries need of it in columns.

    `start` and `end` are UTC instants (`end` exclusive); `zone` is where the wall clock of a
    repeated event hangs, empty for whole days.  `until` is the last possible start of a
    repeated event, null for ever.  `skipped` lists local starts that do not happen.
    """

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="events")
    uid = models.CharField(max_length=300)
    summary = models.CharField(max_length=300, blank=True)
    location = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True, max_length=20_000)
    start = models.DateTimeField()
    end = models.DateTimeField()
    all_day = models.BooleanField(default=False)
    zone = models.CharField(max_length=64, blank=True)
    rule = models.CharField(max_length=500, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    skipped = models.JSONField(default=list, blank=True)
    ical = models.TextField(blank=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["start", "id"]
        indexes = [models.Index(fields=["calendar", "start"], name="event_by_start")]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "uid"], name="one_event_of_that_uid"),
        ]

    def __str__(self) -> str:
        return self.summary or "(no title)"
