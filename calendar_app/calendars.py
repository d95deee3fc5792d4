"""The calendars of an account; everybody has one from the beginning."""

from calendar_app.models import Calendar

FIRST = "Personal"
MOST = 50


def calendars_of(account_id: int) -> list[Calendar]:
    """All of them; makes the first when there is none."""
    found = list(Calendar.objects.filter(account_id=account_id)[:MOST])
    if not found:
        made, _ = Calendar.objects.get_or_create(account_id=account_id, name=FIRST)
        found = [made]
    return found
