"""Hear of foreign changes at once: inotify on new/ and cur/.

Linux only and best effort; where it fails the caller looks from time to time anyway.
"""

import contextlib
import ctypes
import os
import struct

_IN_CLOEXEC, _IN_NONBLOCK = 0o2000000, 0o4000
_CREATE, _DELETE, _MOVED = 0x100, 0x200, 0xC0
_MODIFY = 0x2
_DELETE_SELF, _ONLYDIR = 0x400, 0x1000000
_IGNORED = 0x8000
_EVENT = struct.Struct("iIII")


class Watch:
    """One inotify descriptor; `fileno` becomes readable when something watched changed."""

    def __init__(self) -> None:
        """Raises OSError where there is no inotify or no descriptor to be had."""
        try:
            self._libc = ctypes.CDLL(None, use_errno=True)
            descriptor: int = self._libc.inotify_init1(_IN_CLOEXEC | _IN_NONBLOCK)
        except (AttributeError, OSError) as error:
            raise OSError("no inotify") from error
        if descriptor < 0:
            raise OSError(ctypes.get_errno(), "no inotify")
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def add(self, directory: str, *, written: bool = False) -> int | None:
        """Watch a directory; the number its events will carry, None when that fails.

        With `written` also what is written into its files.
        """
        found: int = self._libc.inotify_add_watch(
            self._descriptor,
            os.fsencode(directory),
            _CREATE | _DELETE | _MOVED | _DELETE_SELF | _ONLYDIR | (_MODIFY if written else 0),
        )
        return found if found >= 0 else None

    def remove(self, number: int) -> None:
        self._libc.inotify_rm_watch(self._descriptor, number)

    def read(self) -> set[int]:
        """The numbers of the directories that changed since the last call."""
        changed: set[int] = set()
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._descriptor, 65_536):
                at = 0
                while at + _EVENT.size <= len(data):
                    number, mask, _, length = _EVENT.unpack_from(data, at)
                    at += _EVENT.size + length
                    if not mask & _IGNORED:
                        changed.add(number)
        return changed

    def close(self) -> None:
        os.close(self._descriptor)
