"""A plan → the settings and the directory, as one change set; or only what it would be."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from mailcore.accounts import undo
from mailcore.accounts.models import Account
from mailcore.conf import store
from mailcore.conf.store import Change
from mailcore.errors import ConfigError
from mailcore.migration.plan import Plan, Where

Sections = dict[tuple[str, str], dict[str, Any]]  # scope and section → name → value


@dataclass(frozen=True, slots=True)
class Applied:
    """What changed, or would; `change_set` is None when nothing was written."""

    changes: tuple[Change, ...]
    change_set: int | None = None


def apply(plan: Plan, *, summary: str, by: str) -> Applied:
    """Write it all in one transaction.  What turns out impossible becomes a note of the plan."""

    def impossible(change: Change, error: ConfigError) -> None:
        plan.decide(Where(""), change.name, str(error))

    return write(_directory(plan), _sections(plan), summary=summary, by=by, impossible=impossible)


def write(
    directory: Iterable[Change],
    sections: Sections,
    *,
    summary: str,
    by: str,
    impossible: Callable[[Change, ConfigError], None] | None = None,
) -> Applied:
    """Write changes of the directory and values of settings, as one change set.

    Raises ConfigError, unless `impossible` takes what is wrong with a domain or alias.
    """
    with store.one_change_set(summary, by=by) as gathered:
        for change in directory:
            try:
                undo.put(change, by=by)
                gathered.changes.append(change)
            except ConfigError as error:
                if impossible is None:
                    raise
                impossible(change, error)
        for (scope, section), values in sections.items():
            store.save(section, values, by=by, scope=scope)
    return Applied(tuple(gathered.changes), gathered.id)


def rehearse(write_it: Callable[[], Applied]) -> Applied:
    """What it would change: done, and taken back."""
    with transaction.atomic(using="default"):
        applied = write_it()
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


def _sections(plan: Plan) -> Sections:
    sections: Sections = {}
    for (scope, path), value in plan.settings.items():
        section, _, name = path.partition(".")
        sections.setdefault((scope, section), {})[name] = value
    return sections
