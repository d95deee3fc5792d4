"""Annotations of a folder, on disk: `couriermetadata` beside its mail.  RFC 5464.

One `owner entry value` a line, the value in base64; the owner of what everybody shares is `*`.
The folder's own file, so that the annotations outlive the index and go where the folder goes.
"""

import base64
import binascii
import os
import stat
from pathlib import Path

from mailcore.errors import StoreError
from mailcore.maildir import names

FILE = "couriermetadata"
SERVER_FILE = "courierservermetadata"
"""In the Maildir itself: what its user noted about the server."""

SHARED = "*"
LARGEST = 8 << 20
"""Octets of a file; it is read and written whole."""

Annotations = dict[tuple[str, str], bytes]
"""(owner, entry in small letters) → value."""


def read(folder: Path, file: str = FILE) -> Annotations:
    """All annotations of a folder.  Raises StoreError for a file that cannot be used."""
    try:
        descriptor = os.open(
            folder / file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        )
    except FileNotFoundError:
        return {}
    except OSError:
        raise StoreError("The annotations cannot be read.") from None
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StoreError("The annotations cannot be read.")
        data = opened.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise StoreError("The annotations cannot be read.")
    return _parse(data)


def write(folder: Path, annotations: Annotations, file: str = FILE) -> None:
    """Replace all annotations of a folder in one step, durably; `folder` has a tmp/."""
    data = _format(annotations)
    temporary = folder / "tmp" / f"metadata.{names.unique()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    temporary.replace(folder / file)
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def size(annotations: Annotations) -> int:
    """The octets that the file would have."""
    return len(_format(annotations))


def _format(annotations: Annotations) -> bytes:
    return b"".join(
        f"{owner} {entry} ".encode() + base64.b64encode(value) + b"\n"
        for (owner, entry), value in sorted(annotations.items())
    )


def _parse(data: bytes) -> Annotations:
    """Lines that are none are passed over."""
    found: Annotations = {}
    for line in data.split(b"\n"):
        words = line.split(b" ")
        if len(words) != 3:
            continue
        try:
            value = base64.b64decode(words[2], validate=True)
            found[words[0].decode(), words[1].decode()] = value
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found
