"""The spool directory: long contents, one file each, named by a message row."""

import time
from collections.abc import Iterable
from pathlib import Path

from mailcore.conf.deployment import deployment
from mailcore.queue import database

ORPHAN_AGE = 36 * 3600  # seconds; no session takes that long to commit its rows


def path(name: str) -> Path:
    """Where the file that a message row names is."""
    return deployment().spool / name


def unlink(names: Iterable[str]) -> None:
    """Remove files whose rows are gone; what fails here, `sweep` finds later."""
    for name in names:
        try:
            path(name).unlink(missing_ok=True)
        except OSError:
            continue


def sweep(now: float | None = None) -> int:
    """Remove files that no row names and that are old enough; say how many."""
    limit = (now or time.time()) - ORPHAN_AGE
    removed = 0
    root = deployment().spool
    for folder in root.iterdir() if root.is_dir() else ():
        old = [file for file in folder.iterdir() if file.stat().st_mtime < limit]
        names = {f"{folder.name}/{file.name}": file for file in old}
        for some in database.chunks(names):
            for name in set(some) - _named(some):
                names[name].unlink(missing_ok=True)
                removed += 1
        _prune(folder, limit)
    return removed


def _prune(folder: Path, limit: float) -> None:
    """Remove a directory that has been empty for long; they are made again on demand."""
    try:
        if folder.stat().st_mtime < limit:
            folder.rmdir()
    except OSError:
        return  # not empty, or somebody was quicker


def _named(names: list[str]) -> set[str]:
    with database.read() as cursor:
        cursor.execute(
            f"SELECT file FROM queue_message WHERE file IN ({database.marks(names)})",  # noqa: S608
            names,
        )
        return {row[0] for row in cursor.fetchall()}
