"""The file of one message: where it lies, reading it, finding it again after foreign hands."""

import contextlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from mailcore.errors import StoreError
from mailcore.mailbox.index.message_rows import IN_NEW
from mailcore.maildir import names

_AT_ONCE = 256 * 1024


def location(base: str, file_flags: int) -> str:
    """The file's path within its folder according to the index."""
    return f"new/{base}" if file_flags == IN_NEW else "cur/" + names.with_flags(base, file_flags)


def read(folder: Path, base: str, file_flags: int) -> bytes:
    """The message as it lies on disk; StoreError when it is gone."""
    return _contents(_open(folder, base, file_flags))


def open_path(path: str) -> BinaryIO:
    """The file of a message, opened; OSError when it is none."""
    return os.fdopen(_open_regular(path), "rb")


def open_file(folder: Path, base: str, file_flags: int) -> BinaryIO:
    """The message as it lies on disk, opened; StoreError when it is gone."""
    return os.fdopen(_open(folder, base, file_flags), "rb")


class WouldWait(Exception):
    """The file is long or not in memory: read it where waiting is allowed."""


def read_at_once(folder: Path, base: str, file_flags: int) -> bytes:
    """`read`, but only if the page cache has it all; raises WouldWait otherwise."""
    try:
        descriptor = _open_regular(f"{folder}/{location(base, file_flags)}")
    except OSError:
        raise WouldWait from None
    try:
        size = os.fstat(descriptor).st_size
        if size > _AT_ONCE:
            raise WouldWait
        data = bytearray(size)
        if os.preadv(descriptor, [data], 0, os.RWF_NOWAIT) != size:
            raise WouldWait
        return bytes(data)
    except OSError:
        raise WouldWait from None
    finally:
        os.close(descriptor)


def read_named(path: str) -> tuple[bytes, int]:
    """A file's contents and modification time in seconds; OSError when it is no message."""
    descriptor = _open_regular(path)
    try:
        modified = int(os.fstat(descriptor).st_mtime)
    except BaseException:
        os.close(descriptor)
        raise
    return _contents(descriptor), modified


def find(folder: Path | str, base: str) -> str | None:
    """Look through both directories for a message whose flags in the name have changed."""
    for part in ("cur", "new"):
        with contextlib.suppress(OSError):
            for name in os.listdir(f"{folder}/{part}"):
                if name.startswith(base) and name[len(base) :][:1] in ("", ":"):
                    return f"{part}/{name}"
    return None


def _open(folder: Path, base: str, file_flags: int) -> int:
    try:
        return _open_regular(f"{folder}/{location(base, file_flags)}")
    except OSError:
        found = find(folder, base)
    try:
        if found is not None:
            return _open_regular(f"{folder}/{found}")
    except OSError:
        pass
    raise StoreError("The message is gone.")


def _open_regular(path: str) -> int:
    """A link could lead out of the account, a FIFO would block for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(path)
    return descriptor


def _contents(descriptor: int) -> bytes:
    try:
        size = os.fstat(descriptor).st_size
        data = os.read(descriptor, size + 1)
        if len(data) == size:
            return data
        pieces = [data]
        while piece := os.read(descriptor, 1 << 20):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)
