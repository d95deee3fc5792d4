"""The whole configuration ⇄ the tables of one document: settings of every scope, domains, aliases.

A table that a document does not have is left as it is; one that it has is made so, and what it
doesn't name goes back to its default or away.  Accounts are people, not configuration.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mailcore.accounts import administration, undo
from mailcore.conf import store, values
from mailcore.conf.fields import Setting
from mailcore.conf.schema import registry
from mailcore.conf.store import Change
from mailcore.errors import ConfigError
from mailcore.migration.apply import Applied, Sections, write
from mailcore.migration.grammar.document import Tables

FORMAT = 1
_KNOWN = {"format", "secrets", "settings", "scopes", "domains", "aliases"}


def tables(*, secrets: bool) -> Tables:
    """What is set now.  Passwords are in it only with `secrets`."""
    settings: Tables = {}
    scopes: Tables = {}
    for (scope, section, name), now in store.stored().items():
        setting = registry.SETTINGS[section][name]
        if setting.is_secret and not secrets:
            continue
        place = scopes.setdefault(scope, {}) if scope else settings
        place.setdefault(section, {})[name] = written(setting, now)
    return {
        "format": FORMAT,
        "secrets": secrets,
        "settings": settings,
        "scopes": scopes,
        "domains": undo.domains(),
        "aliases": undo.aliases(),
    }


def apply(document: Mapping[str, Any], *, summary: str, by: str) -> Applied:
    """Make it so, as one change set.  Raises ConfigError; then nothing has changed."""
    for name in document:
        if name not in _KNOWN:
            raise ConfigError(f"there is no table {name}; there are {', '.join(sorted(_KNOWN))}")
    if document.get("format") != FORMAT:
        raise ConfigError(f"the document must say format = {FORMAT}")
    directory = [*_directory(document)]
    return write(directory, _sections(document), summary=summary, by=by)


def _sections(document: Mapping[str, Any]) -> Sections:
    """What each section must be given; None is back to the default."""
    wanted: Sections = {}
    told = set()
    if "settings" in document:
        told.add("")
        _read(wanted, "", _mapping(document["settings"], "settings"))
    scopes = _mapping(document.get("scopes", {}), "scopes")
    for scope, table in scopes.items():
        if not re.fullmatch(r"(?:listener|domain|account):\S+", scope):
            raise ConfigError(f"{scope!r} is no scope: listener:NAME, domain:NAME, account:ADDRESS")
        _read(wanted, scope, _mapping(table, f"scopes.{scope}"))
    for scope, section, name in store.stored():
        if scope not in told and not (scope and "scopes" in document):
            continue
        if registry.SETTINGS[section][name].is_secret and not document.get("secrets"):
            continue
        wanted.setdefault((scope, section), {}).setdefault(name, None)
    return wanted


def _read(wanted: Sections, scope: str, table: Mapping[str, Any]) -> None:
    for section, settings in table.items():
        for name, text in _mapping(settings, section).items():
            setting = registry.find(f"{section}.{name}")
            if setting is None:
                raise ConfigError(f"there is no setting {section}.{name}")
            wanted.setdefault((scope, section), {})[name] = value(setting, text)


def written(setting: Setting, of: Any) -> Any:
    """A value as a person writes it; `value` takes it back."""
    return values.show(setting, of) if setting.kind in ("duration", "size") else of


def value(setting: Setting, text: Any) -> Any:
    """The value that is written so.  Raises ConfigError."""
    if setting.kind in ("duration", "size") and isinstance(text, str):
        return values.parse(setting, text)
    return values.check(setting, text)


def _directory(document: Mapping[str, Any]) -> Iterator[Change]:
    """New domains, then aliases, then what goes: an alias before its domain."""
    wanted = _domains(document)
    present, rows = undo.domains(), undo.aliases()
    gone = set(present) - set(wanted) if wanted is not None else set()
    for name, facts in (wanted or {}).items():
        if present.get(name) != facts:
            yield Change("", undo.DOMAIN, name, present.get(name), facts)
    aliases = _aliases(document)
    for address, targets in (aliases or {}).items():
        if address.rpartition("@")[2] in gone:
            raise ConfigError(f"aliases.{address}: its domain is not in the table of domains")
        if rows.get(address) != targets:
            yield Change("", undo.ALIAS, address, rows.get(address), targets)
    for address, targets in rows.items():
        domain = address.rpartition("@")[2]
        if (aliases is None and domain in gone) or (aliases is not None and address not in aliases):
            yield Change("", undo.ALIAS, address, targets, None)
    for name in sorted(gone):
        yield Change("", undo.DOMAIN, name, present[name], None)


def _domains(document: Mapping[str, Any]) -> dict[str, dict[str, bool]] | None:
    if "domains" not in document:
        return None
    found = {}
    for name, table in _mapping(document["domains"], "domains").items():
        active = _mapping(table, f"domains.{name}").get("active", True)
        if set(table) - {"active"} or not isinstance(active, bool):
            raise ConfigError(f"domains.{name}: only active = true or false can be said of it")
        found[administration.domain_name(name)] = {"active": active}
    return found


def _aliases(document: Mapping[str, Any]) -> dict[str, list[str]] | None:
    if "aliases" not in document:
        return None
    found = {}
    for address, targets in _mapping(document["aliases"], "aliases").items():
        if not isinstance(targets, list | tuple) or not all(isinstance(t, str) for t in targets):
            raise ConfigError(f"aliases.{address}: a list of addresses is wanted")
        found[administration.alias_name(address)] = administration.alias_targets(targets)
    return found


def _mapping(found: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise ConfigError(f"{name} must be a table")
    return found
