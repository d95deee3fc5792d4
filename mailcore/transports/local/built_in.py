"""Commands of instructions that are carried out here: no program is run for their own sake.

`maildrop`, `dotforward` and `preline COMMAND`, by name or by a path that ends so, as the
classic's files have them.
"""

import re

_KNOWN = re.compile(r"(?:/(?:[^\s/]++/)*+)?(maildrop|dotforward|preline)(?:\s++(.*+))?", re.DOTALL)


def maildrop(command: str) -> bool:
    """Whether this is the account's own mail filter; with arguments it is some other program."""
    return _named(command, "maildrop") == ""


def dotforward(command: str) -> bool:
    """Whether this prints what `.forward` says."""
    return _named(command, "dotforward") == ""


def preline(command: str) -> str | None:
    """The command that wants the message behind its three lines; None when this is none."""
    return _named(command, "preline") or None


def _named(command: str, name: str) -> str | None:
    """The arguments of the command `name`; None when this is another."""
    found = _KNOWN.fullmatch(command)
    if found is None or found[1] != name:
        return None
    return (found[2] or "").strip()
