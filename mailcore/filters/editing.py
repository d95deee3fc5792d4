"""An account's filters shown, replaced and removed: private, and only what is sound."""

import re
from pathlib import Path

from mailcore.accounts.directory import AccountValue
from mailcore.errors import ConfigError
from mailcore.filters import instructions
from mailcore.maildrop import checking, limits
from mailcore.routing import homes

_NAME = re.compile(r"[A-Za-z0-9_@:+=-]{1,200}")


def read(account: AccountValue, name: str = "") -> bytes:
    """A filter's source; `name` is one of `.mailfilters/`, else it is `.mailfilter`.

    Raises ConfigError when there is none.
    """
    file = _place(account, name)
    try:
        with file.open("rb") as stream:
            return stream.read(limits.SOURCE_OCTETS)
    except OSError as problem:
        raise ConfigError(f"{account.address} has no {_called(name)}") from problem


def replace(account: AccountValue, source: bytes, name: str = "") -> None:
    """Put a filter in place.  Raises ConfigError when it is wrong or can't be written."""
    found = checking.problems(source)
    if found:
        raise ConfigError("\n".join(found))
    file = _place(account, name)
    try:
        homes.make(account)
        if name:
            file.parent.mkdir(mode=0o700, exist_ok=True)
        homes.write(file.parent, file.name, source)
    except OSError as problem:
        raise ConfigError(f"{_called(name)} can't be written: {problem.strerror}") from problem


def remove(account: AccountValue, name: str = "") -> None:
    """Take a filter away.  Raises ConfigError when there is none."""
    try:
        _place(account, name).unlink()
    except OSError as problem:
        raise ConfigError(f"{account.address} has no {_called(name)}") from problem


def _place(account: AccountValue, name: str) -> Path:
    if not name:
        return account.home / instructions.DELIVERY
    if _NAME.fullmatch(name) is None:
        raise ConfigError(f"{name!r} is no name for a filter: letters, digits and _@:+=- make one")
    return account.home / instructions.DIRECTORY / name


def _called(name: str) -> str:
    return f"{instructions.DIRECTORY}/{name}" if name else instructions.DELIVERY
