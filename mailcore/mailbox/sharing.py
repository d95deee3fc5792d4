"""Which accounts share anything at all: asked of each account whenever somebody lists folders.

Most accounts share nothing, and looking through all their folders each time would cost seconds
on a large server.  So the answer is remembered until we write an entry in the account, or for
ten minutes: other programs write entries too.
"""

import time
from pathlib import Path

from mailcore.mailbox import rights
from mailcore.maildir import acl, folders

_TRUSTED_SECONDS = 600.0
_MOST = 200_000


class Sharing:
    """One process's memory of who shares; from any thread."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, float, bool]] = {}

    def shares(self, maildir: Path) -> bool:
        """Whether a folder of the account gives anybody else a right."""
        changed, now = acl.changed_at(maildir), time.monotonic()
        known = self._known.get(maildir)
        if known is not None and known[0] == changed and now - known[1] < _TRUSTED_SECONDS:
            return known[2]
        found = _shares(maildir)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[maildir] = (changed, now, found)
        return found

    def forget(self) -> None:
        """Ask everybody again, as after ten minutes."""
        self._known.clear()


def _shares(maildir: Path) -> bool:
    try:
        directories = folders.listing(maildir).values()
    except OSError:
        return False
    read = (acl.read(maildir, directory) for directory in directories)
    return any(rights.shares(entries) for entries in read if entries)
