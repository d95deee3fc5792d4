"""Text ⇄ typed value of a setting: what a form, a command line or an import file says."""

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from mailcore.conf.fields import Setting
from mailcore.errors import ConfigError

_DURATION = re.compile(r"(?:(\d+)\s*([wdhms]?))\s*", re.IGNORECASE)
_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, "": 1}
_SIZE = re.compile(r"(\d+)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_OCTETS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def parse(setting: Setting, text: str) -> Any:
    """The value that `text` means for `setting`; raises ConfigError in the admin's words."""
    text = text.strip()
    if setting.type is bool:
        return _boolean(setting, text)
    if setting.type == tuple[str, ...]:
        parts = text.splitlines() if setting.is_lines else re.split(r"[\s,]+", text)
        return check(setting, tuple(part.strip() for part in parts if part.strip()))
    if setting.type in (int, float):
        return check(setting, _number(setting, text))
    return check(setting, text)


def _boolean(setting: Setting, text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ConfigError(f"{setting.path}: say yes or no, not {text!r}")


def _number(setting: Setting, text: str) -> float:
    try:
        if setting.kind == "duration":
            return duration(text)
        if setting.kind == "size":
            return size(text)
        number: float = setting.type(text)
        return number
    except ValueError:
        wanted = {"duration": "a time such as 4h or 1w2d", "size": "a size such as 10M"}
        raise ConfigError(
            f"{setting.path}: {text!r} is not {wanted.get(setting.kind, 'a number')}"
        ) from None


def duration(text: str) -> int:
    """Seconds of `1w2d3h4m5s`; a bare number is seconds.  Raises ValueError."""
    total, end = 0, 0
    for found in _DURATION.finditer(text):
        if found.start() != end:
            break
        total += int(found[1]) * _SECONDS[found[2].lower()]
        end = found.end()
    if not text or end != len(text):
        raise ValueError(text)
    return total


def size(text: str) -> int:
    """Octets of `10M`, `512k`, `1048576`.  Raises ValueError."""
    found = _SIZE.fullmatch(text)
    if not found:
        raise ValueError(text)
    return int(found[1]) * _OCTETS[found[2].lower()]


def check(setting: Setting, value: Any) -> Any:
    """`value`, if type, choices and bounds allow it; raises ConfigError."""
    if setting.type == tuple[str, ...]:
        return _check_words(setting, value)
    if setting.type is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, setting.type) or (setting.type is int and isinstance(value, bool)):
        raise ConfigError(f"{setting.path}: {value!r} is not {setting.type.__name__}")
    if setting.choices and value not in setting.choices:
        raise ConfigError(f"{setting.path}: choose one of {', '.join(setting.choices)}")
    if setting.minimum is not None and value < setting.minimum:
        raise ConfigError(f"{setting.path}: at least {setting.minimum:g}")
    if setting.maximum is not None and value > setting.maximum:
        raise ConfigError(f"{setting.path}: at most {setting.maximum:g}")
    if isinstance(value, str) and setting.kind != "text" and re.search(r"[\x00-\x1f]", value):
        raise ConfigError(f"{setting.path}: control characters are not allowed")
    if setting.grammar and value:
        _reader(setting)(value)
    return value


def _check_words(setting: Setting, value: Any) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ConfigError(f"{setting.path}: a list of words is wanted")
    words = tuple(str(word) for word in value)
    for word in words:
        if re.search(r"[\x00-\x1f]", word):
            raise ConfigError(f"{setting.path}: control characters are not allowed")
        if setting.choices and word not in setting.choices:
            raise ConfigError(f"{setting.path}: choose from {', '.join(setting.choices)}")
    if setting.grammar:
        read = _reader(setting)
        for word in words:
            read(word)
    return words


def _reader(setting: Setting) -> Callable[[str], object]:
    """The function that reads what the setting holds."""
    module, _, name = setting.grammar.partition(":")
    found: Callable[[str], object] = getattr(import_module(module), name)
    return found


def show(setting: Setting, value: Any) -> str:
    """`value` as the administrator writes it; parse(show(v)) == v."""
    if setting.type is bool:
        return "yes" if value else "no"
    if setting.type == tuple[str, ...]:
        return ("\n" if setting.is_lines else " ").join(value)
    if setting.kind == "duration":
        return show_duration(value)
    if setting.kind == "size":
        return show_size(value)
    return str(value)


def show_duration(seconds: int) -> str:
    if not seconds:
        return "0"
    parts = []
    for unit in "wdhms":
        count, seconds = divmod(seconds, _SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def show_size(octets: int) -> str:
    for unit in "tgmk":
        if octets and octets % _OCTETS[unit] == 0:
            return f"{octets // _OCTETS[unit]}{unit.upper()}"
    return str(octets)
