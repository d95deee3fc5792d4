"""Read and write settings.  One save is one transaction, one change set, one new revision."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from mailcore.bus import publish
from mailcore.conf import values as grammar
from mailcore.conf.models import ChangeSet, Revision, Setting
from mailcore.conf.schema import registry
from mailcore.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a change set; None stands for the default."""

    scope: str
    section: str
    name: str
    old: Any
    new: Any

    @property
    def is_secret(self) -> bool:
        found = registry.find(f"{self.section}.{self.name}")
        return found is not None and found.is_secret


@dataclass(slots=True)
class Gathered:
    """What `one_change_set` has gathered; `id` is the change set's once there is one."""

    changes: list[Change] = field(default_factory=list)
    id: int | None = None


_gathered: ContextVar[Gathered | None] = ContextVar("gathered", default=None)


@dataclass(frozen=True, slots=True)
class History:
    """A change set as the history page shows it."""

    id: int
    at: datetime
    by: str
    summary: str
    changes: tuple[Change, ...]
    undoable: bool
    undone: bool


def values(section: str, scope: str = "") -> dict[str, Any]:
    """Every setting of `section` with the value in force at `scope` (server below it)."""
    result = {name: one.default for name, one in registry.SETTINGS[section].items()}
    for wanted in dict.fromkeys(("", scope)):
        for row in Setting.objects.filter(section=section, scope=wanted):
            if row.name in result:
                result[row.name] = _stored(section, row.name, row.value)
    return result


def stored() -> dict[tuple[str, str, str], Any]:
    """Every value that is set: scope, section, name → value, in this order."""
    rows = Setting.objects.order_by("scope", "section", "name")
    return {
        (row.scope, row.section, row.name): _stored(row.section, row.name, row.value)
        for row in rows
        if row.name in registry.SETTINGS.get(row.section, {})
    }


def _stored(section: str, name: str, value: Any) -> Any:
    kind = registry.SETTINGS[section][name].type
    return tuple(value) if kind == tuple[str, ...] else value


def save(section: str, new: Mapping[str, Any], *, by: str, scope: str = "") -> int | None:
    """Set each setting of `new`; None means back to the default.

    Returns the change set's id, or None when nothing changed.  Raises ConfigError
    (nothing is written then).
    """
    changes = []
    with transaction.atomic(using="default"):
        present = {row.name: row for row in Setting.objects.filter(section=section, scope=scope)}
        for name, value in new.items():
            change = _changed(section, name, value, present.get(name), scope)
            if change is not None:
                changes.append(change)
        return _commit(changes, by=by, summary=f"Change {section} settings") if changes else None


def _changed(section: str, name: str, value: Any, row: Setting | None, scope: str) -> Change | None:
    found = registry.SETTINGS.get(section, {}).get(name)
    if found is None:
        raise ConfigError(f"there is no setting {section}.{name}")
    if value is not None:
        value = grammar.check(found, value)
        if value == found.default and not scope:
            value = None
    old = None if row is None else _stored(section, name, row.value)
    return None if old == value else Change(scope, section, name, old, value)


def _commit(changes: list[Change], *, by: str, summary: str) -> int | None:
    for one in changes:
        rows = Setting.objects.filter(scope=one.scope, section=one.section, name=one.name)
        if one.new is None:
            rows.delete()
        elif not rows.update(value=one.new):
            Setting.objects.create(
                scope=one.scope, section=one.section, name=one.name, value=one.new
            )
    gathered = _gathered.get()
    if gathered is not None:
        gathered.changes += changes
        return None
    return _write(changes, by=by, summary=summary)


def _write(changes: list[Change], *, by: str, summary: str) -> int:
    diff = [
        {"scope": c.scope, "section": c.section, "name": c.name, "old": c.old, "new": c.new}
        for c in changes
    ]
    made = ChangeSet.objects.create(by=by, summary=summary[:200], diff=diff)
    advance()
    return made.pk


@contextmanager
def one_change_set(summary: str, *, by: str) -> Iterator[Gathered]:
    """Whatever is saved inside is one transaction, one change set and one revision.

    What `record` notes inside is not listed: who changes the directory inside adds lines
    of their own to `changes`.
    """
    gathered = Gathered()
    with transaction.atomic(using="default"):
        token = _gathered.set(gathered)
        try:
            yield gathered
        finally:
            _gathered.reset(token)
        if gathered.changes:
            gathered.id = _write(gathered.changes, by=by, summary=summary)


def undo(
    change_set: int, *, by: str, directory: Callable[[Sequence[Change]], None] | None = None
) -> int | None:
    """Put back what `change_set` changed, as a change set of its own.

    `directory` puts back the lines that are of no setting (`accounts.undo` brings it).  Raises
    ConfigError when something was changed again since, or it cannot be undone.
    """
    with transaction.atomic(using="default"):
        row = ChangeSet.objects.select_for_update().filter(pk=change_set).first()
        if row is None or not row.undoable or row.undone_by_id is not None:
            raise ConfigError("this change cannot be undone")
        with one_change_set(f"Undo: {row.summary}", by=by) as gathered:
            back = [Change(**line | {"old": line["new"], "new": line["old"]}) for line in row.diff]
            others = [one for one in back if one.section not in registry.SETTINGS]
            if others and directory is None:
                raise ConfigError("this change cannot be undone here")
            if others and directory is not None:
                directory(others)
                gathered.changes += others
            for one in back:
                if one.section in registry.SETTINGS:
                    _put_back(one, by)
        ChangeSet.objects.filter(pk=row.pk).update(undone_by=gathered.id)
        return gathered.id


def _put_back(back: Change, by: str) -> None:
    where = {"scope": back.scope, "section": back.section, "name": back.name}
    present = Setting.objects.filter(**where).first()
    if (None if present is None else present.value) != back.old:
        raise ConfigError(f"{back.section}.{back.name} has been changed again since")
    _commit([back], by=by, summary="")


def record(summary: str, *, by: str) -> None:
    """Note a change of the directory in the history; call inside its transaction."""
    if _gathered.get() is not None:
        return
    ChangeSet.objects.create(by=by, summary=summary[:200], undoable=False)
    advance()


def advance() -> None:
    """A new revision; running processes hear of it once the transaction has committed."""
    if not Revision.objects.filter(pk=1).update(number=F("number") + 1):
        Revision.objects.create(pk=1, number=1)
    transaction.on_commit(publish.revision_changed, using="default")


def history(limit: int = 50, before: int | None = None) -> list[History]:
    """The newest change sets first; secrets' values are not in it."""
    rows = ChangeSet.objects.all()
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_history(row) for row in rows[:limit]]


def _history(row: ChangeSet) -> History:
    changes = []
    for one in row.diff:
        change = Change(**one)
        if change.is_secret:
            change = Change(change.scope, change.section, change.name, "•••", "•••")
        changes.append(change)
    return History(
        row.pk,
        row.at,
        row.by,
        row.summary,
        tuple(changes),
        row.undoable,
        row.undone_by_id is not None,
    )
