"""Who may do what in a folder: Courier's file `courierimapacl`.  Courier maildiracl(1).

One `identifier letters` a line, in UTF-8.  `courierimaphieracl` in the Maildir holds the same
for a name that has folders below it and is none itself.  What the letters mean is not known here.
"""

import contextlib
import os
import stat
from pathlib import Path

from mailcore.maildir import names

FILE = "courierimapacl"
HIERARCHY = "courierimaphieracl"
CHANGED = "courieraclchanged"
"""An empty file in the Maildir whose time tells when an entry was last written here."""

CHANGED_BESIDE = ".courieraclchanged"
"""The same for all Maildirs of one directory: it lies beside them."""

MOST_ENTRIES = 500
LONGEST_IDENTIFIER = 255
_LARGEST = 256 * 1024

Entries = dict[str, str]
"""Identifier → the letters as they stand in the file, in the file's order."""


def read(maildir: Path, directory: str) -> Entries | None:
    """The entries of the folder in `directory` (`""` for INBOX), None when it has no file.

    A file that cannot be read, or is no file, has no entries: nobody gets rights by it.
    """
    found = _read(f"{maildir}/{directory}/{FILE}")
    if found is None and directory:
        found = _read(f"{maildir}/{HIERARCHY}/{directory[1:]}")
    return found


def inherited(maildir: Path, directory: str) -> Entries | None:
    """The entries that hold for a folder: its own, else those of the nearest one above it."""
    while True:
        found = read(maildir, directory)
        if found is not None or not directory:
            return found
        directory = directory.rpartition(".")[0]


def write(maildir: Path, directory: str, entries: Entries) -> None:
    """Replace a folder's entries in one step, durably."""
    folder = maildir / directory
    temporary = folder / "tmp" / f"acl.{names.unique()}"
    text = "".join(f"{identifier} {letters}\n" for identifier, letters in entries.items())
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(text.encode())
        opened.flush()
        os.fsync(opened.fileno())
    temporary.replace(folder / FILE)
    (maildir / CHANGED).touch(mode=0o600)
    with contextlib.suppress(OSError):
        (maildir.parent / CHANGED_BESIDE).touch(mode=0o600)


def changed_at(maildir: Path) -> int:
    """When we last wrote an entry in this Maildir, in nanoseconds; 0 for never."""
    return _modified(f"{maildir}/{CHANGED}")


def changed_in(parent: Path) -> int:
    """The same for all Maildirs that lie in `parent`."""
    return _modified(f"{parent}/{CHANGED_BESIDE}")


def _modified(path: str) -> int:
    try:
        return os.lstat(path).st_mtime_ns
    except OSError:
        return 0


def is_identifier(text: str) -> bool:
    """Whether a line of the file can hold it: no white space, nothing a terminal would obey."""
    return 0 < len(text) <= LONGEST_IDENTIFIER and text.isprintable() and " " not in text


def _read(path: str) -> Entries | None:
    # Most folders have no file, and asking first costs a third of failing to open it.
    if not os.access(path, os.F_OK, follow_symlinks=False):
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError:
        return {}
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return {}
        data = opened.read(_LARGEST + 1)
    return {} if len(data) > _LARGEST else _parse(data)


def _parse(data: bytes) -> Entries:
    """Lines that are none are passed over, as Courier does."""
    found: Entries = {}
    for line in data.split(b"\n"):
        identifier, _, letters = line.partition(b" ")
        with contextlib.suppress(UnicodeDecodeError):
            name = identifier.decode("utf-8")
            if is_identifier(name) and len(found) < MOST_ENTRIES:
                found[name] = letters.strip().decode("latin-1")
    return found
