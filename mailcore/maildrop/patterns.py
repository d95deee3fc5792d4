"""The regular expressions of filters, by RE2: its time grows with text and pattern, never worse.

What it lacks of Perl's is what makes others run away: lookaround and back references.  A
pattern that can't be compiled finds nothing, as in Courier; `why_not` says why.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

_MEMORY = 2 * 1024 * 1024  # octets that one compiled pattern may take
LONGEST = 8_192  # octets of a pattern, its variables filled in

Groups = tuple[bytes, ...]
"""What a pattern found: the whole, then each group, empty where it had no part in it."""


@lru_cache(maxsize=128)
def _compiled(source: bytes, case: bool) -> Any:
    """The compiled pattern, or the text of what is wrong with it."""
    if len(source) > LONGEST:
        return f"longer than {LONGEST} octets"
    options = re2.Options()
    options.case_sensitive = case
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        source.decode("utf-8")
        return re2.compile(source, options)
    except UnicodeDecodeError:
        return "not UTF-8"
    except re2.error as error:
        reason = error.args[0] if error.args else "unknown"
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def why_not(source: bytes, *, case: bool) -> str:
    """What is wrong with a pattern, or nothing."""
    compiled = _compiled(source, case)
    return compiled if isinstance(compiled, str) else ""


def size(source: bytes, *, case: bool) -> int:
    """How many instructions a pattern is; a search takes at most that times the text's length."""
    compiled = _compiled(source, case)
    return 1 if isinstance(compiled, str) else int(compiled.programsize)


def first(source: bytes, case: bool, subject: bytes) -> Groups | None:
    """The first place in `subject` where the pattern fits, or None."""
    compiled = _compiled(source, case)
    if isinstance(compiled, str):
        return None
    found = compiled.search(subject)
    return None if found is None else _groups(found)


def every(source: bytes, case: bool, subject: bytes) -> Iterator[Groups]:
    """All places, none overlapping; an empty fit moves on by one octet."""
    compiled = _compiled(source, case)
    if isinstance(compiled, str):
        return
    for found in compiled.finditer(subject):
        yield _groups(found)


def _groups(found: Any) -> Groups:
    return (found[0], *(group or b"" for group in found.groups()))
