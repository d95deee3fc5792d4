"""`manage.py settings list|show|set|remove|history|undo`."""

from argparse import ArgumentTypeError
from typing import Any

from mailcore.accounts import undo
from mailcore.conf import store, values
from mailcore.conf.fields import Setting
from mailcore.conf.schema.registry import SETTINGS, find
from mailcore.errors import ConfigError
from mailcore.management.verbs import BY, VerbCommand

_SCOPE = "listener:NAME, domain:NAME or account:ADDRESS; the whole server without it"


class Command(VerbCommand):
    help = "What an administrator can set; changes take effect in running servers at once."

    def verbs(self, add: Any) -> None:
        listing = add("list", self.do_list, "every setting and its value")
        listing.add_argument("section", nargs="?", default="")
        listing.add_argument("--scope", type=_scope, default="", help=_SCOPE)
        show = add("show", self.do_show, "one setting, with its help")
        show.add_argument("name")
        show.add_argument("--scope", type=_scope, default="", help=_SCOPE)
        change = add("set", self.do_set, "change a setting: SECTION.NAME VALUE")
        change.add_argument("name", metavar="SECTION.NAME")
        change.add_argument("value")
        change.add_argument("--scope", type=_scope, default="", help=_SCOPE)
        remove = add("remove", self.do_remove, "put a setting back to its default")
        remove.add_argument("name", metavar="SECTION.NAME")
        remove.add_argument("--scope", type=_scope, default="", help=_SCOPE)
        past = add("history", self.do_history, "who changed what, newest first")
        past.add_argument("--limit", type=int, default=20)
        add("undo", self.do_undo, "undo one change").add_argument("change", type=int)

    def do_list(self, *, section: str, scope: str, **_: Any) -> object:
        if section and section not in SETTINGS:
            raise ConfigError(f"there is no section {section}; there are {', '.join(SETTINGS)}")
        rows = []
        for name in [section] if section else SETTINGS:
            now = store.values(name, scope)
            rows += [_line(one, now[one.name]) for one in SETTINGS[name].values()]
        return rows

    def do_show(self, *, name: str, scope: str, **_: Any) -> object:
        one = _find(name)
        return {
            **_line(one, store.values(one.section, scope)[one.name]),
            "default": values.show(one, one.default),
            "courier": one.courier or "-",
            "help": one.help,
        }

    def do_set(self, *, name: str, value: str, scope: str, **_: Any) -> object:
        one = _find(name)
        store.save(one.section, {one.name: values.parse(one, value)}, by=BY, scope=scope)
        return self.do_show(name=name, scope=scope)

    def do_remove(self, *, name: str, scope: str, **_: Any) -> object:
        one = _find(name)
        store.save(one.section, {one.name: None}, by=BY, scope=scope)
        return self.do_show(name=name, scope=scope)

    def do_history(self, *, limit: int, **_: Any) -> object:
        return [
            {
                "change": past.id,
                "at": past.at.isoformat(timespec="seconds"),
                "by": past.by,
                "what": past.summary,
                "diff": [f"{c.section}.{c.name}: {c.old} → {c.new}" for c in past.changes],
                "undone": past.undone,
            }
            for past in store.history(limit)
        ]

    def do_undo(self, *, change: int, **_: Any) -> object:
        return {"undone": change, "by_change": undo.undo(change, by=BY)}


def _scope(text: str) -> str:
    """Raises ArgumentTypeError, which argparse tells."""
    kind, colon, name = text.partition(":")
    if text and (not colon or not name or kind not in ("listener", "domain", "account")):
        raise ArgumentTypeError(_SCOPE)
    return f"{kind}:{name.lower()}" if text else ""


def _find(name: str) -> Setting:
    found = find(name)
    if found is None:
        raise ConfigError(f"there is no setting {name}; `manage.py settings list` shows all")
    return found


def _line(one: Setting, value: Any) -> dict[str, object]:
    shown = "•••" if one.is_secret and value else values.show(one, value)
    return {"setting": one.path, "value": shown}
