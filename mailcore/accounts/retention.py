"""What the settings say about mail that was deleted."""

from datetime import UTC, date, datetime, timedelta

from mailcore.conf.current import snapshot


def keeps_expunged() -> bool:
    """Whether expunged messages can be restored for a while."""
    return snapshot().mailboxes.undelete_days > 0


def expunged_since(now: float) -> date:
    """The first day (UTC) whose expunged messages are still kept; none when keeping is off."""
    days = snapshot().mailboxes.undelete_days
    return datetime.fromtimestamp(now, UTC).date() - timedelta(days=days or -1)
