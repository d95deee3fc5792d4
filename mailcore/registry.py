"""Name → plug-in, from one visible table and an entry-point group.

Resolution is lazy, so naming a plug-in imports nothing and makes no cycle.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Generic, TypeVar, cast

from mailcore.errors import ConfigError

T = TypeVar("T")


class Registry(Generic[T]):
    """`Registry("courier.transports", {"esmtp": "package.module:Name"})`."""

    def __init__(self, group: str, table: Mapping[str, str]) -> None:
        self.group = group
        self._table = dict(table)

    def names(self) -> list[str]:
        return sorted({*self._table, *_installed(self.group)})

    def get(self, name: str) -> T:
        """The plug-in called `name`; raises ConfigError when there is none."""
        target = self._table.get(name) or _installed(self.group).get(name)
        if target is None:
            raise ConfigError(f"{self.group}: no plug-in named {name!r}")
        return cast(T, _load(target))  # what a table names is its author's promise


@cache
def _installed(group: str) -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=group)}


@cache
def _load(target: str) -> object:
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
