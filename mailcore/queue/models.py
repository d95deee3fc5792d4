"""The queue's rows.  docs/queue.md draws the states and the order of writing.

Times are seconds since the epoch; ids come from `queue.ids`.  There are no foreign keys: the
hot paths write whole batches with raw SQL and delete in the order that needs none.
"""

from django.db import models


class Message(models.Model):
    """One accepted transaction; it goes when its last recipient goes."""

    id = models.BigIntegerField(primary_key=True)
    created_at = models.FloatField()
    expires_at = models.FloatField()
    warn_at = models.FloatField(help_text="0: no delay warning (any more)")
    reverse_path = models.TextField(blank=True)
    source = models.CharField(max_length=16)
    auth_identity = models.TextField(blank=True)
    listener = models.CharField(max_length=255, blank=True)
    received_from = models.TextField(blank=True, help_text="the peer, for Received-From-MTA")
    size = models.BigIntegerField(help_text="octets of prefix and content on the wire")
    skip = models.IntegerField(default=0, help_text="content begins here; prefix replaces the rest")
    prefix = models.BinaryField()
    file = models.CharField(max_length=64, blank=True, help_text="below the spool; empty: a row")
    eight_bit = models.BooleanField(default=False)
    smtputf8 = models.BooleanField(default=False)
    ret = models.CharField(max_length=4, blank=True)
    envid = models.CharField(max_length=200, blank=True)
    verp = models.BooleanField(default=False)
    minimum_security = models.CharField(max_length=16, blank=True)
    priority = models.SmallIntegerField(default=0, help_text="-9 to 9; RFC 6710")
    held = models.BooleanField(default=False)
    report = models.BooleanField(default=False, help_text="a DSN is owed")

    class Meta:
        db_table = "queue_message"
        indexes = [
            models.Index(
                fields=["id"], name="queue_message_report", condition=models.Q(report=True)
            )
        ]


class Content(models.Model):
    """The bytes of a message that is not in a spool file, CRLF line ends, as received."""

    id = models.BigIntegerField(primary_key=True)
    data = models.BinaryField()

    class Meta:
        db_table = "queue_content"


class Recipient(models.Model):
    """One forward-path of a message, and how its delivery stands."""

    class State(models.TextChoices):
        QUEUED = "queued"
        ATTEMPTING = "attempting"
        HELD = "held"
        REPORT = "report"

    id = models.BigIntegerField(primary_key=True)
    message_id = models.BigIntegerField()
    forward_path = models.TextField()
    orcpt = models.TextField(blank=True)
    notify = models.CharField(max_length=32, blank=True)
    transport = models.CharField(max_length=32)
    host = models.CharField(max_length=320)
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    next_attempt_at = models.FloatField()
    attempts = models.IntegerField(default=0)
    lease = models.BigIntegerField(default=0)
    action = models.CharField(max_length=16, blank=True, help_text="RFC 3464 §2.3.3")
    status = models.CharField(max_length=12, blank=True)
    peer = models.CharField(max_length=320, blank=True)
    command = models.TextField(blank=True, help_text="what we said last")
    reply = models.TextField(blank=True, help_text="what the peer, or we, had to say")
    attempted_at = models.FloatField(default=0)
    priority = models.SmallIntegerField(default=0, help_text="the message's")

    class Meta:
        db_table = "queue_recipient"
        indexes = [
            models.Index(fields=["message_id"], name="queue_recipient_message"),
            models.Index(
                fields=["transport", "next_attempt_at"],
                name="queue_recipient_due",
                condition=models.Q(state="queued"),
            ),
            models.Index(
                fields=["transport", "next_attempt_at"],
                name="queue_recipient_urgent",
                condition=models.Q(state="queued", priority__gt=0),
            ),
            models.Index(
                fields=["transport", "next_attempt_at"],
                name="queue_recipient_patient",
                condition=models.Q(state="queued", priority__lt=0),
            ),
            models.Index(
                fields=["lease"],
                name="queue_recipient_lease",
                condition=models.Q(state="attempting"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="queue_recipient_lease_while_attempting",
                condition=models.Q(state="attempting") ^ models.Q(lease=0),
            )
        ]


class Lease(models.Model):
    """The right to attempt some recipients; it counts against the slots of transport and host."""

    id = models.BigIntegerField(primary_key=True)
    transport = models.CharField(max_length=32)
    host = models.CharField(max_length=320, blank=True)
    claimed_at = models.FloatField()
    started_at = models.FloatField(null=True)
    expires_at = models.FloatField()
    owner = models.CharField(max_length=250, blank=True, default="", help_text="once started")

    class Meta:
        db_table = "queue_lease"
        indexes = [models.Index(fields=["transport", "host"], name="queue_lease_slot")]


class Destination(models.Model):
    """What we remember about a host: leave it alone, speak in clear, give it few slots, until."""

    transport = models.CharField(max_length=32)
    host = models.CharField(max_length=320)
    rest_until = models.FloatField(default=0)
    clear_until = models.FloatField(default=0, help_text="STARTTLS was broken; no TLS until")
    slow_until = models.FloatField(default=0, help_text="its batches took long")
    reason = models.TextField(blank=True)

    class Meta:
        db_table = "queue_destination"
        constraints = [
            models.UniqueConstraint(fields=["transport", "host"], name="queue_destination_once")
        ]


class Trace(models.Model):
    """One event of a message's life, written in the commit that made it true."""

    id = models.BigAutoField(primary_key=True)
    message_id = models.BigIntegerField()
    at = models.FloatField()
    event = models.CharField(max_length=16)
    address = models.TextField(blank=True)
    status = models.CharField(max_length=12, blank=True)
    peer = models.CharField(max_length=320, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        db_table = "queue_trace"
        indexes = [
            models.Index(fields=["message_id"], name="queue_trace_message"),
            models.Index(fields=["address"], name="queue_trace_address"),
        ]
