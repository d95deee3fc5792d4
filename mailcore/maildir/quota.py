"""The Maildir++ quota file `maildirsize`.  Courier maildirquota(7).

Line 1 is the quota (`<n>S,<n>C`), the others `octets messages` to be added up.  Foreign
programs keep the same file, so its rules of trust are kept: counted anew when it has grown
past 5,120 octets, when the quota changed, or when it says "full" and may be wrong.
Trash and messages marked trashed do not count.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from mailcore.maildir import folders, names

_LONGEST = 5120
_TRUSTED_SECONDS = 15 * 60
TRASH = ".Trash"


@dataclass(frozen=True, slots=True)
class Quota:
    """At most so many octets and messages; 0 means no such limit."""

    octets: int = 0
    messages: int = 0

    @property
    def is_limited(self) -> bool:
        return bool(self.octets or self.messages)

    def definition(self) -> str:
        parts = [f"{self.octets}S"] if self.octets else []
        return ",".join(parts + ([f"{self.messages}C"] if self.messages else []))

    def allows(self, usage: "Usage", octets: int = 0, messages: int = 0) -> bool:
        """Whether so much more may come on top of `usage`."""
        return not (
            (self.octets and usage.octets + octets > self.octets)
            or (self.messages and usage.messages + messages > self.messages)
        )


NO_QUOTA = Quota()


@dataclass(frozen=True, slots=True)
class Usage:
    octets: int
    messages: int


def usage(maildir: Path, quota: Quota) -> Usage:
    """What counts against `quota` now, by the file unless it is not to be trusted."""
    file = maildir / "maildirsize"
    try:
        with file.open("rb") as opened:
            data = opened.read(_LONGEST + 1)
            changed = os.fstat(opened.fileno()).st_mtime
    except OSError:
        return recalculate(maildir, quota)
    lines = data.decode("ascii", "replace").splitlines()
    if len(data) >= _LONGEST or not lines or lines[0].strip() != quota.definition():
        return recalculate(maildir, quota)
    total = _sum(lines[1:])
    if total is None:
        return recalculate(maildir, quota)
    stale = len(lines) > 2 or time.time() - changed >= _TRUSTED_SECONDS
    if not quota.allows(total) and stale:
        return recalculate(maildir, quota)
    return total


def add(maildir: Path, octets: int, messages: int) -> None:
    """Note that so much came (or went, when negative), if the Maildir keeps a count at all."""
    try:
        descriptor = os.open(maildir / "maildirsize", os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        os.write(descriptor, _line(octets, messages))
    finally:
        os.close(descriptor)


def recalculate(maildir: Path, quota: Quota) -> Usage:
    """Count every folder but Trash, and write the file anew."""
    octets = messages = 0
    for entry in folders.listing(maildir).values():
        if entry == TRASH or entry.startswith(TRASH + "."):
            continue
        for part in ("new", "cur"):
            for size in _sizes(maildir / entry / part):
                octets += size
                messages += 1
    temporary = maildir / "tmp" / f"maildirsize.{names.unique()}"
    temporary.write_bytes(quota.definition().encode() + b"\n" + _line(octets, messages))
    temporary.replace(maildir / "maildirsize")
    return Usage(octets, messages)


def _sizes(directory: Path) -> list[int]:
    sizes = []
    with os.scandir(directory) as entries:
        for entry in entries:
            base, bits = names.split(entry.name)
            if bits & names.TRASHED or entry.name.startswith("."):
                continue
            hint = names.size_hint(base)
            sizes.append(entry.stat(follow_symlinks=False).st_size if hint is None else hint)
    return sizes


def _line(octets: int, messages: int) -> bytes:
    return f"{octets} {messages}".ljust(13).encode() + b"\n"


def _sum(lines: list[str]) -> Usage | None:
    octets = messages = 0
    for line in lines:
        try:
            first, second = line.split()
            octets += int(first)
            messages += int(second)
        except ValueError:
            return None
    return Usage(octets, messages)
