"""Rows: what deliveries taught us, whom we know, whom we stopped.  Times are epoch seconds."""

from django.db import models


class Lesson(models.Model):
    """Mail for this address failed or waits; or this domain (no @) refuses our reports."""

    class Kind(models.TextChoices):
        DEFERRED = "deferred"
        FAILED = "failed"
        REFUSES_REPORTS = "refuses-reports"

    key = models.CharField(max_length=320, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    text = models.CharField(max_length=300, blank=True)
    expires_at = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key}: {self.kind}"


class Suppressed(models.Model):
    """An address nobody here may write to: `bounces` counts what made it so, 0: an administrator.

    Below the limit (`active` False) it only counts.
    """

    address = models.CharField(max_length=320, unique=True)
    active = models.BooleanField(default=True, db_index=True)
    bounces = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True)
    at = models.FloatField()

    def __str__(self) -> str:
        return self.address


class Acquaintance(models.Model):
    """A sender, recipient and network that have met (`key` is their digest), or a whole network.

    `passed` counts messages that came back as a mail server does.
    """

    key = models.CharField(max_length=64, unique=True)
    first_at = models.FloatField()
    passed = models.PositiveIntegerField(default=0)
    expires_at = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return self.key


class Freeze(models.Model):
    """A login that sent far more than it may: it sends nothing until an administrator says so."""

    account = models.CharField(max_length=320, unique=True)
    reason = models.CharField(max_length=300)
    at = models.FloatField()
    told = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.account
