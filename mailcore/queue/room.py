"""Whether the disk of the queue has room for more mail.  Courier's free space rule."""

import os
import time
from pathlib import Path

FEWEST_FILES = 1_000
_FRESH = 5.0  # seconds for which one look is good

_seen: dict[Path, tuple[float, int, int]] = {}


def is_short(place: Path, octets: int) -> bool:
    """Whether less than `octets`, or too few files, are free where `place` is; 0 never is.

    A file system that counts no files has enough of them.  What can't be told is not short.
    """
    if not octets:
        return False
    now = time.monotonic()
    at, free, files = _seen.get(place, (-_FRESH, 0, 0))
    if now - at >= _FRESH:
        try:
            found = os.statvfs(next(one for one in (place, *place.parents) if one.exists()))
        except OSError:
            return False
        free = found.f_bavail * found.f_frsize
        files = found.f_favail if found.f_files else FEWEST_FILES
        _seen[place] = (now, free, files)
    return free < octets or files < FEWEST_FILES
