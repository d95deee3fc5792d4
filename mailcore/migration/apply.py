"""A plan → the settings and the directory, as one change set; or only what it would be."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from mailcore.accounts import undo
from mailcore.accounts.models import Account
from mailcore.conf import store
from mailcore.conf.store import Change
from mailcore.migration.plan import Plan, Where

Sections = dict[tuple[str, str], dict[str, Any]]  # scope and section → name → value


@dataclass(frozen=True, slots=True)
class Applied:
    """What changed, or would; `change_set` is None when nothing was written."""

    changes: tuple[Change, ...]
    change_set: int | None = None


def apply(plan: Plan, *, summary: str, by: str) -> Applied:
    """Write it all.  What turns out impossible becomes a note of the plan."""
    return write(list(_directory(plan)), _sections(plan), summary=summary, by=by)


def write(directory: Sequence[Change], sections: Sections, *, summary: str, by: str) -> Applied:
    """Write changes of the directory and values of settings, as one change set.

    Raises ConfigError; then nothing is written.
    """
    with store.one_change_set(summary, by=by) as gathered:
        undo.put(directory, by=by)
        gathered.changes += directory
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
    """What is so already is left out, and what would take an account's mail."""
    present = undo.domains()
    for name in plan.domains:
        if name not in present:
            yield Change("", undo.DOMAIN, name, None, {"active": True})
    accounts = _accounts(plan.aliases)
    aliases = undo.aliases()
    for address, targets in plan.aliases.items():
        if address in accounts and address not in targets:
            plan.decide(Where(""), address, "there is an account of this name; its mail stays")
        elif aliases.get(address) != list(targets):
            yield Change("", undo.ALIAS, address, aliases.get(address), list(targets))


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
