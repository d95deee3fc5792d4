"""Which accounts share anything at all: asked of each account whenever somebody lists folders.

Most accounts share nothing, and looking through all their folders each time would cost seconds
on a large server.  So the answer is remembered until we write an entry somewhere beside the
account, or for ten minutes: other programs write entries too.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mailcore.mailbox import rights
from mailcore.maildir import acl, folders, shared_names

_TRUSTED_SECONDS = 600.0
_MOST = 200_000
_MOST_LISTS = 1000
_TICK = 20_000_000
"""Nanoseconds in which two changes may get the same time stamp."""


class Account(Protocol):
    """What is to be known of an account."""

    @property
    def address(self) -> str: ...
    @property
    def maildir(self) -> Path: ...
    @property
    def quota_bytes(self) -> int: ...
    @property
    def quota_messages(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _Known:
    """Which of `accounts` share, as it was at a time, and the stamps their directories had then."""

    accounts: Sequence[Account]
    found: Sequence[tuple[str, Account]]
    stamps: Mapping[Path, int]
    at: float

    def holds(self, accounts: Sequence[Account], now: float) -> bool:
        """Whether it is an answer about these accounts, and nothing is known to have changed."""
        return (
            self.accounts is accounts
            and now - self.at < _TRUSTED_SECONDS
            and all(acl.changed_in(parent) == stamp for parent, stamp in self.stamps.items())
        )


class Sharing:
    """One process's memory of who shares; from any thread."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, float, bool]] = {}
        self._lists: dict[tuple[int, bool], _Known] = {}

    def among(self, accounts: Sequence[Account], *, escape: bool) -> Sequence[tuple[str, Account]]:
        """Those that share, each with its level in the tree; of several that look the same the
        first.  Quick as long as `accounts` is the same object and nobody wrote an entry."""
        key, now = (id(accounts), escape), time.monotonic()
        known = self._lists.get(key)
        if known is not None and known.holds(accounts, now):
            return known.found
        stamps = {one: acl.changed_in(one) for one in {one.maildir.parent for one in accounts}}
        levels: dict[str, Account] = {}
        for one in accounts:
            levels.setdefault(shared_names.component(one.address, escape=escape), one)
        found = [(level, one) for level, one in levels.items() if self.shares(one.maildir)]
        if all(map(_is_settled, stamps.values())):
            if len(self._lists) >= _MOST_LISTS:
                self._lists.clear()
            self._lists[key] = _Known(accounts, found, stamps, now)
        return found

    def shares(self, maildir: Path) -> bool:
        """Whether a folder of the account gives anybody else a right."""
        changed, now = acl.changed_at(maildir), time.monotonic()
        known = self._known.get(maildir)
        if known is not None and known[0] == changed and now - known[1] < _TRUSTED_SECONDS:
            return known[2]
        found = _shares(maildir)
        if not _is_settled(changed):
            return found
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[maildir] = (changed, now, found)
        return found

    def forget(self) -> None:
        """Ask everybody again, as after ten minutes."""
        self._known.clear()
        self._lists.clear()


def _is_settled(stamp: int) -> bool:
    return time.time_ns() - stamp > _TICK


def _shares(maildir: Path) -> bool:
    try:
        directories = folders.listing(maildir).values()
    except OSError:
        return False
    read = (acl.read(maildir, directory) for directory in directories)
    return any(rights.shares(entries) for entries in read if entries)
