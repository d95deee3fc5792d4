"""A plan → the settings and the directory, as one change set; or only what it would be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction

from mailcore.accounts import undo
from mailcore.accounts.models import Account
from mailcore.conf import store
from mailcore.conf.store import Change
from mailcore.errors import ConfigError
from mailcore.migration.plan import Plan, Where


@dataclass(frozen=True, slots=True)
class Applied:
    """What changed, or would; `change_set` is None when nothing was written."""

    changes: tuple[Change, ...]
    change_set: int | None = None


def apply(plan: Plan, *, summary: str, by: str) -> Applied:
    """Write it all in one transaction.  What turns out impossible becomes a note of the plan."""
    with store.one_change_set(summary, by=by) as gathered:
        for change in _directory(plan):
            try:
                undo.put(change, by=by)
                gathered.changes.append(change)
            except ConfigError as error:
                plan.decide(Where(""), change.name, str(error))
        for (scope, section), values in _sections(plan).items():
            store.save(section, values, by=by, scope=scope)
    return Applied(tuple(gathered.changes), gathered.id)


def rehearse(plan: Plan, *, by: str) -> Applied:
    """The same with nothing written: done, and taken back."""
    with transaction.atomic(using="default"):
        applied = apply(plan, summary="", by=by)
        transaction.set_rollback(True, using="default")
    return Applied(applied.changes)


def _directory(plan: Plan) -> Iterator[Change]:
    """Domains before the aliases in them; what is so already is left out."""
    for name in plan.domains:
        present = undo.domain(name)
        if present is None:
            yield Change("", undo.DOMAIN, name, None, {"active": True})
    accounts = _accounts(plan.aliases)
    for address, targets in plan.aliases.items():
        wanted = list(targets)
        if address in accounts and address not in wanted:
            plan.decide(Where(""), address, "there is an account of this name; its mail stays")
            continue
        old = undo.alias(address)
        if old != wanted:
            yield Change("", undo.ALIAS, address, old, wanted)


def _accounts(addresses: Iterable[str]) -> set[str]:
    """Those of `addresses` that are accounts."""
    there = Account.objects.values_list("address", flat=True)
    return set(addresses).intersection(there)


def _sections(plan: Plan) -> dict[tuple[str, str], dict[str, object]]:
    sections: dict[tuple[str, str], dict[str, object]] = {}
    for (scope, path), value in plan.settings.items():
        section, _, name = path.partition(".")
        sections.setdefault((scope, section), {})[name] = value
    return sections
