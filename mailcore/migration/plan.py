"""What an import would do, and what it could not make sense of: values that a report shows.

Readers fill a Plan; nothing here reads files or writes settings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mailcore.accounts import administration
from mailcore.conf import values
from mailcore.conf.fields import Setting
from mailcore.conf.schema import registry
from mailcore.envelope import Path
from mailcore.errors import ConfigError, GrammarError

MOST_TARGETS = 10_000  # of one alias; the router expands no more


class Verdict(StrEnum):
    """What became of something that was read."""

    UNDERSTOOD = "understood"
    NOTHING = "needs nothing"
    MISSING = "no counterpart"
    UNREAD = "not understood"
    DECIDE = "needs a decision"


@dataclass(frozen=True, slots=True)
class Where:
    """A line of a file; 0 is the whole file."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the report.  `old` is what the old file calls it."""

    verdict: Verdict
    where: Where
    old: str
    text: str


@dataclass(slots=True)
class Plan:
    """Settings by scope and path, domains, aliases, and the report of where each came from.

    What grows line by line is in `settings` and `aliases` once `gather` was called.
    """

    settings: dict[tuple[str, str], Any] = field(default_factory=dict)
    growing: dict[str, dict[str, None]] = field(default_factory=dict)
    members: dict[str, dict[str, None]] = field(default_factory=dict)
    domains: dict[str, Where] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def note(self, verdict: Verdict, where: Where, old: str, text: str) -> None:
        self.notes.append(Note(verdict, where, " ".join(old[:200].split()), text))

    def nothing(self, where: Where, old: str, text: str) -> None:
        self.note(Verdict.NOTHING, where, old, text)

    def missing(self, where: Where, old: str, text: str) -> None:
        self.note(Verdict.MISSING, where, old, text)

    def unread(self, where: Where, old: str, text: str) -> None:
        self.note(Verdict.UNREAD, where, old, text)

    def decide(self, where: Where, old: str, text: str) -> None:
        self.note(Verdict.DECIDE, where, old, text)

    def put(self, where: Where, old: str, path: str, value: Any, scope: str = "") -> None:
        """Give the setting `path` a value; what the setting does not allow is a decision."""
        setting = registry.find(path)
        if setting is None:
            self.missing(where, old, f"there is no setting {path}")
            return
        try:
            checked = values.check(setting, value)
        except ConfigError as error:
            self.decide(where, old, str(error))
            return
        self.settings[scope, path] = checked
        self.note(Verdict.UNDERSTOOD, where, old, _shown(setting, checked, scope))

    def put_text(self, where: Where, old: str, setting: Setting, text: str, scope: str) -> None:
        """The same with a value as it is written."""
        try:
            value = values.parse(setting, text)
        except ConfigError as error:
            self.decide(where, old, str(error))
            return
        self.put(where, old, setting.path, value, scope)

    def extend(self, where: Where, old: str, path: str, more: Sequence[str]) -> None:
        """Add words or lines to the setting `path`."""
        setting = registry.find(path)
        if setting is None:
            self.missing(where, old, f"there is no setting {path}")
            return
        self.growing.setdefault(path, {}).update(dict.fromkeys(more))
        shown = "•••" if setting.is_secret else " ".join(more)
        self.note(Verdict.UNDERSTOOD, where, old, f"{path} gets {shown}")

    def gather(self) -> "Plan":
        """The whole plan, with the settings and aliases that have grown."""
        for path, found in self.growing.items():
            self.settings["", path] = tuple(found)
        self.aliases = {name: tuple(members) for name, members in self.members.items() if members}
        return self

    def domain(self, where: Where, old: str, name: str) -> bool:
        """Take mail for `name`; False when it can't be a domain of ours."""
        try:
            name = administration.domain_name(name)
        except ConfigError as error:
            self.decide(where, old, str(error))
            return False
        self.domains.setdefault(name, where)
        self.note(Verdict.UNDERSTOOD, where, old, f"domain {name}")
        return True

    def alias(self, where: Where, name: str, targets: Sequence[str]) -> None:
        """Make the alias `name`, which has its domain; told twice, it has both lists' targets."""
        good = []
        for target in targets:
            try:
                good.append(str(Path.of(target)))
            except GrammarError:
                self.unread(where, target, f"a member of {name} that is no address")
        try:
            name = administration.alias_name(name)
        except ConfigError as error:
            self.decide(where, name, str(error))
            return
        if not good:
            self.decide(where, name, "no member can be kept, so the alias is not made")
            return
        members = self.members.setdefault(name, {})
        if len(members) + len(good) > MOST_TARGETS:
            self.decide(where, name, f"more than {MOST_TARGETS} members: make a mailing list")
            return
        members.update(dict.fromkeys(good))
        shown = f"{', '.join(good[:8])}{', …' if good[8:] else ''}"
        self.note(Verdict.UNDERSTOOD, where, name, f"alias to {shown}")


def _shown(setting: Setting, value: Any, scope: str) -> str:
    shown = "•••" if setting.is_secret else values.show(setting, value).replace("\n", " ⏎ ")
    default = " (as it is without)" if value == setting.default and not scope else ""
    return f"{scope + ' ' if scope else ''}{setting.path} = {shown}{default}"
