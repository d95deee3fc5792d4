"""Rows: keys we sign with, what DMARC results we saw, and what others report."""

from django.db import models


class DkimKey(models.Model):
    """One key pair and where its record is: NEW → ACTIVE → RETIRED → gone.

    Only ACTIVE ones sign.  `private` is sealed with the deployment's secret; `seen` is when DNS
    first had the record, `checked` when we last looked, `since` when the state began.
    """

    class State(models.TextChoices):
        NEW = "new"
        ACTIVE = "active"
        RETIRED = "retired"

    domain = models.CharField(max_length=255)
    selector = models.CharField(max_length=63)
    algorithm = models.CharField(max_length=10)
    private = models.TextField()
    public = models.TextField(help_text="The p= of its record.")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    created = models.DateTimeField(auto_now_add=True)
    since = models.DateTimeField(auto_now_add=True)
    seen = models.DateTimeField(null=True)
    checked = models.DateTimeField(null=True)

    class Meta:
        ordering = ["domain", "algorithm", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["domain", "selector"], name="one_key_a_selector"),
            models.UniqueConstraint(
                fields=["domain", "algorithm"],
                condition=models.Q(state="active"),
                name="one_active_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


class Observation(models.Model):
    """Mail of one day that claimed a domain, counted by where it came from and what came of it.

    What our aggregate reports are made of.  `verdicts` holds the DKIM and SPF results as the
    report lists them; `key` is a digest of everything but the count.
    """

    day = models.DateField()
    domain = models.CharField(max_length=255, help_text="Whose record was applied.")
    key = models.CharField(max_length=64)
    row = models.JSONField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "domain", "key"], name="one_observation")
        ]


class DmarcReport(models.Model):
    """An aggregate report another server sent about a domain of ours."""

    domain = models.CharField(max_length=255)
    organisation = models.CharField(max_length=255)
    report_id = models.CharField(max_length=255)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    received = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-ends"]
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "organisation", "report_id"], name="one_report"
            )
        ]


class ReportedSource(models.Model):
    """One row of such a report: what an address sent in our name."""

    report = models.ForeignKey(DmarcReport, on_delete=models.CASCADE, related_name="sources")
    address = models.CharField(max_length=45)
    count = models.PositiveBigIntegerField()
    disposition = models.CharField(max_length=20)
    dkim = models.BooleanField()
    spf = models.BooleanField()
    header_from = models.CharField(max_length=255)
