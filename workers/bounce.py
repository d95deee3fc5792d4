"""Reports: failed, delayed, delivered recipients → DSNs."""

from mailcore.bounce import report as reports
from workers import doorbell
from workers.celery import app


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def report() -> None:
    """Send every DSN that is owed and whose message's attempts have ended."""
    doorbell.answer("report")
    reports.send_due()
