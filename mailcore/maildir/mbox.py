"""Append to an mbox file, the single file of older mail programs.  RFC 4155, Courier dot-courier.

Locked by the operating system only, as the classic does; what can't be written whole is taken
back.
"""

import contextlib
import fcntl
import os
import re
import stat
import struct
import time

from mailcore.errors import StoreError

PATIENCE = 20.0  # seconds for whoever has the file locked
_PAUSE = 0.05
_FROM = re.compile(rb"^(?=>*From )", re.MULTILINE)
_WHOLE_FILE = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def from_line(sender: str, at: float) -> bytes:
    """`From sender date`, which begins a message in an mbox; `at` is seconds since the epoch."""
    named = re.sub(r"\s", "-", sender) or "MAILER-DAEMON"
    return f"From {named} {time.asctime(time.gmtime(at))}\n".encode("utf-8", "replace")


def append(path: str, separator: bytes, message: bytes) -> None:
    """Add a message (with LF line ends) behind its `separator`; durable when this returns.

    A file that isn't there is made.  Raises OSError when it can't be written, then it is as it
    was; StoreError when it is no file or stays locked.
    """
    made = not os.path.exists(path)
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StoreError("The mailbox is no file.")
        _lock(descriptor, time.monotonic() + PATIENCE)
        _add(descriptor, separator + quoted(message))
    finally:
        os.close(descriptor)
    if made:
        _settle(os.path.dirname(path))


def quoted(message: bytes) -> bytes:
    """The message as it stands in an mbox: `From ` quoted, and an empty line behind it."""
    text = _FROM.sub(b">", message)
    return text + (b"\n" if text.endswith(b"\n") else b"\n\n")


def _add(descriptor: int, text: bytes) -> None:
    size = os.fstat(descriptor).st_size
    try:
        view = memoryview(_gap(descriptor, size) + text)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _gap(descriptor: int, size: int) -> bytes:
    """What separates a new message from a file that a crash, or another program, cut short."""
    end = os.pread(descriptor, 2, max(size - 2, 0))
    if not end or end == b"\n\n":
        return b""
    return b"\n" if end.endswith(b"\n") else b"\n\n"


def _lock(descriptor: int, until: float) -> None:
    """Keep others out: flock for those who use that, and a lock that fcntl's users see.

    The second belongs to this open file, not to the process, so it keeps our threads apart.
    """
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _WHOLE_FILE)
            return
        except (BlockingIOError, PermissionError):  # fcntl may say either, POSIX
            if time.monotonic() > until:
                raise StoreError("The mailbox is locked by somebody else.") from None
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        time.sleep(_PAUSE)


def _settle(folder: str) -> None:
    """Make a new file's name durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
