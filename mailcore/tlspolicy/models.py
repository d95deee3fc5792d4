"""What is remembered of other domains' TLS: policies, what we met, what others tell us."""

from django.db import models


class StsPolicy(models.Model):
    """A domain's MTA-STS policy as it was last fetched; times in seconds since the epoch."""

    domain = models.CharField(max_length=255, primary_key=True)
    record_id = models.CharField(max_length=32)
    mode = models.CharField(max_length=16)
    hosts = models.JSONField(default=list)
    max_age = models.IntegerField()
    fetched_at = models.FloatField()

    class Meta:
        db_table = "tlspolicy_sts"


class TlsCount(models.Model):
    """How often sessions with a domain's servers ended in one way on one day (UTC)."""

    day = models.DateField()
    domain = models.CharField(max_length=255)
    policy = models.CharField(max_length=16, help_text="sts, tlsa, or no-policy-found")
    lines = models.JSONField(default=list, help_text="the policy itself, as reports quote it")
    result = models.CharField(max_length=40, blank=True, help_text="RFC 8460 §4.3; empty: success")
    mx = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=45, blank=True, help_text="our address")
    sessions = models.IntegerField(default=0)

    class Meta:
        db_table = "tlspolicy_count"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "domain", "policy", "result", "mx", "source"],
                name="tlspolicy_count_once",
            )
        ]


class TlsReport(models.Model):
    """A report another server has sent us about its mail to one of our domains.  RFC 8460."""

    received_at = models.FloatField()
    organisation = models.CharField(max_length=255)
    report_id = models.CharField(max_length=255)
    domain = models.CharField(max_length=255)
    policy = models.CharField(max_length=16)
    begins = models.CharField(max_length=40)
    ends = models.CharField(max_length=40)
    successes = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)
    details = models.JSONField(default=list)

    class Meta:
        db_table = "tlspolicy_report"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "report_id", "domain", "policy"],
                name="tlspolicy_report_once",
            )
        ]
