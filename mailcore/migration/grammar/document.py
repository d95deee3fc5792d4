"""The whole configuration as one text, in TOML: tables of plain values ⇄ text.

The text is stable: the same tables give the same text, whatever order they come in.
"""

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from mailcore.errors import ConfigError

LARGEST = 16 << 20  # characters

Tables = dict[str, Any]


def write(tables: Mapping[str, Any], head: str = "") -> str:
    """`tables` as TOML; `head` is a comment above it."""
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    plain, nested = _parted(tables)
    lines += [""] if lines and plain else []
    lines += [f"{_key(name)} = {_value(value)}" for name, value in plain]
    for name, table in nested:
        _table(lines, (name,), table)
    return "\n".join(lines).lstrip("\n") + "\n"


def read(text: str) -> Tables:
    """The tables of `text`.  Raises ConfigError with the place of the trouble."""
    if len(text) > LARGEST:
        raise ConfigError("the file is too long")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not TOML: {error}") from None
    except RecursionError:
        raise ConfigError("not TOML we could read: it is nested too deep") from None


def _parted(
    table: Mapping[str, Any],
) -> tuple[list[tuple[str, Any]], list[tuple[str, Mapping[str, Any]]]]:
    """Values and tables, each sorted by name."""
    plain = [(k, v) for k, v in sorted(table.items()) if not isinstance(v, Mapping)]
    nested = [(k, v) for k, v in sorted(table.items()) if isinstance(v, Mapping)]
    return plain, nested


def _table(lines: list[str], path: tuple[str, ...], table: Mapping[str, Any]) -> None:
    plain, nested = _parted(table)
    if plain or not nested:
        lines += ["", f"[{'.'.join(_key(part) for part in path)}]"]
        lines += [f"{_key(name)} = {_value(value)}" for name, value in plain]
    for name, inner in nested:
        _table(lines, (*path, name), inner)


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "a").replace("-", "a").isalnum()
    return name if bare else _string(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _string(value)
    items = [_string(one) for one in value]
    if len(items) < 2:
        return f"[{', '.join(items)}]"
    return "[\n" + "".join(f"    {item},\n" for item in items) + "]"


def _string(text: str) -> str:
    """A basic string: JSON's, with DEL escaped as TOML wants it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
