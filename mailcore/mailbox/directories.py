"""When did new/ and cur/ change: what the index saw last, and what we did ourselves."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from mailcore.mailbox.index.database import Index

UNKNOWN = 0
_CLOCK_TICK = 20_000_000
"""Nanoseconds in which two changes may get the same time stamp."""

Stamps = tuple[int, int]


def stamps(folder: Path) -> Stamps:
    """The modification times of new/ and cur/, in nanoseconds."""
    return os.stat(f"{folder}/new").st_mtime_ns, os.stat(f"{folder}/cur").st_mtime_ns


def trusted(before: Stamps) -> Stamps:
    """Stamps that may be remembered for a listing made just after they were taken.

    A directory that changed a moment ago may change again without its stamp moving, so
    such a stamp is not remembered and the next look lists again.
    """
    edge = time.time_ns() - _CLOCK_TICK
    return (
        before[0] if before[0] < edge else UNKNOWN,
        before[1] if before[1] < edge else UNKNOWN,
    )


@contextlib.contextmanager
def own_change(
    index: Index, folder_id: int, folder: Path, seen: Stamps | None = None
) -> Iterator[None]:
    """Bracket for our own renames, within a write transaction.

    When the directories were as the index knew them before, or as the caller has `seen` them and
    taken them into the index since, their new stamps are remembered, so that our own work makes
    nobody list 10,000 files.  A foreign rename in the same instant is found by the full look that
    `touched` asks for now and then.
    """
    known = index.row("SELECT new_mtime, cur_mtime FROM folders WHERE id = ?", folder_id)
    unchanged = stamps(folder) in (known, seen)
    yield
    if unchanged:
        index.execute(
            "UPDATE folders SET new_mtime = ?, cur_mtime = ?, touched = 1 WHERE id = ?",
            (*stamps(folder), folder_id),
        )
