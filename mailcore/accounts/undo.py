"""Put back what one change set changed, settings and directory alike.

A line of the directory has the section "domain" or "alias"; its values are what `domains` and
`aliases` here tell of the row, or null where there was none.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mailcore.accounts import administration
from mailcore.accounts.models import Alias, Domain
from mailcore.conf import store
from mailcore.conf.store import Change
from mailcore.errors import ConfigError

DOMAIN, ALIAS = "domain", "alias"


def undo(change_set: int, *, by: str) -> int | None:
    """As `store.undo`, which does the settings.  Raises ConfigError; then nothing has changed."""
    return store.undo(change_set, by=by, directory=lambda changes: put(changes, by=by))


def domains() -> dict[str, Any]:
    """Every domain as a change set tells it."""
    return {name: {"active": on} for name, on in Domain.objects.values_list("name", "active")}


def aliases() -> dict[str, Any]:
    """Every alias as a change set tells it."""
    return dict(Alias.objects.values_list("address", "targets"))


def put(changes: Sequence[Change], *, by: str) -> None:
    """Make lines of a change set true.

    Raises ConfigError, also where `old` isn't so: call it inside a transaction.
    """
    of_domains = [change for change in changes if change.section == DOMAIN]
    of_aliases = [change for change in changes if change.section == ALIAS]
    if len(of_domains) + len(of_aliases) < len(changes):
        raise ConfigError("this change cannot be undone")
    _check(of_domains, domains() if of_domains else {})
    _check(of_aliases, aliases() if of_aliases else {})
    for change in of_domains:
        if change.new is not None:
            _put_domain(change, by)
    made = {change.name: change.new for change in of_aliases if change.new is not None}
    if made:
        administration.set_aliases(made, by=by)
    gone = [change.name for change in of_aliases if change.new is None]
    if gone:
        administration.remove_aliases(gone, by=by)
    for change in of_domains:
        if change.new is None:
            administration.remove_domain(change.name, by=by)


def _put_domain(change: Change, by: str) -> None:
    if change.old is None:
        administration.add_domain(change.name, by=by)
    if change.new["active"] is not (change.old or {"active": True})["active"]:
        administration.set_domain(change.name, active=change.new["active"], by=by)


def _check(changes: Sequence[Change], present: Mapping[str, Any]) -> None:
    for change in changes:
        if present.get(change.name) != change.old:
            raise ConfigError(f"{change.section} {change.name} has been changed again since")
