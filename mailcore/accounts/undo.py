"""Put back what one change set changed, settings and directory alike.

A line of the directory has the section "domain" or "alias"; its values are what `domain` and
`alias` here make of the row, or null where there was none.
"""

from typing import Any

from mailcore.accounts import administration
from mailcore.accounts.models import Alias, Domain
from mailcore.conf import store
from mailcore.conf.store import Change
from mailcore.errors import ConfigError

DOMAIN, ALIAS = "domain", "alias"


def undo(change_set: int, *, by: str) -> int | None:
    """As `store.undo`, which does the settings.  Raises ConfigError; then nothing has changed."""
    return store.undo(change_set, by=by, directory=lambda change: put(change, by=by))


def domain(name: str) -> Any:
    """The domain as a change set tells it; None when there is none."""
    row = Domain.objects.filter(name=name).first()
    return None if row is None else {"active": row.active}


def alias(address: str) -> Any:
    """The alias as a change set tells it; None when there is none."""
    row = Alias.objects.filter(address=address).first()
    return None if row is None else list(row.targets)


def put(change: Change, *, by: str) -> None:
    """Make one line of a change set true.  Raises ConfigError, also where `old` isn't so."""
    if change.section == DOMAIN:
        _check(change, domain(change.name))
        _put_domain(change, by)
    elif change.section == ALIAS:
        _check(change, alias(change.name))
        if change.new is None:
            administration.remove_alias(change.name, by=by)
        else:
            administration.set_alias(change.name, change.new, by=by)
    else:
        raise ConfigError("this change cannot be undone")


def _put_domain(change: Change, by: str) -> None:
    if change.new is None:
        administration.remove_domain(change.name, by=by)
        return
    if change.old is None:
        administration.add_domain(change.name, by=by)
    if change.new["active"] is not (change.old or {"active": True})["active"]:
        administration.set_domain(change.name, active=change.new["active"], by=by)


def _check(change: Change, present: Any) -> None:
    if present != change.old:
        raise ConfigError(f"{change.section} {change.name} has been changed again since")
