"""What a change set changed, as a command shows it; passwords never."""

from typing import Any

from mailcore.accounts import undo
from mailcore.conf import values as grammar
from mailcore.conf.schema import registry
from mailcore.conf.store import Change
from mailcore.management.verbs import plain, table
from mailcore.migration.apply import Applied


def values(applied: Applied) -> dict[str, object]:
    """For --json."""
    return {"changes": [_row(one) for one in applied.changes], "change_set": applied.change_set}


def text(applied: Applied, *, written: bool) -> str:
    """For people, with what to do next."""
    if not applied.changes:
        return "Nothing changed." if written else "Nothing would change."
    rows = table([_row(one) for one in applied.changes])
    if not written:
        return f"Would change\n\n{rows}\n\nNothing is written yet."
    back = f"`manage.py settings undo {applied.change_set}` takes all of it back."
    return f"Changed\n\n{rows}\n\nWritten; {back}"


def _row(change: Change) -> dict[str, object]:
    what = f"{change.section}.{change.name}"
    if change.section in (undo.DOMAIN, undo.ALIAS):
        what = f"{change.section} {change.name}"
    old, new = ("•••", "•••") if change.is_secret else (_shown(change, change.old),
                                                        _shown(change, change.new))  # fmt: skip
    return {"scope": change.scope, "what": what, "old": old, "new": new}


def _shown(change: Change, value: Any) -> str:
    if value is None:
        return "-"
    if change.section == undo.DOMAIN:
        return "on" if value["active"] else "off"
    setting = registry.find(f"{change.section}.{change.name}")
    if setting is None:
        return plain(value)
    return grammar.show(setting, value).replace("\n", " ⏎ ")
