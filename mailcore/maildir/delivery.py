"""tmp → new, flushed to the disk: the only writer of new messages.

The caller writes every message of a batch first, then makes all of them durable at once,
then renames: a reader never sees half a message, and power loss after `publish` returned
loses none.
"""

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailcore.maildir import flushing

_RUBBISH_SECONDS = 36 * 3600


@dataclass(frozen=True, slots=True)
class Written:
    """A message in tmp/, not yet visible: its base name, and its file still open."""

    base: str
    path: str
    descriptor: int


def write(folder: Path, base: str, chunks: Iterable[bytes]) -> Written:
    """Write a message into `folder`/tmp; its durability comes with `settle`.

    The name in tmp/ is random, so that a repeat of the same delivery in another process
    cannot be confused with this one.
    """
    path = f"{folder}/tmp/{base.partition(',')[0]}.{os.urandom(6).hex()}"  # noqa: S108
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                view = view[os.write(descriptor, view) :]
    except BaseException:
        os.close(descriptor)
        os.unlink(path)
        raise
    return Written(base, path, descriptor)


def settle(written: Sequence[Written]) -> None:
    """Force the messages to the disk and close their files.  Raises OSError."""
    try:
        flushing.flush([message.descriptor for message in written])
    finally:
        close(written)


def close(written: Iterable[Written]) -> None:
    """Close the files of messages, settled or not."""
    for message in written:
        os.close(message.descriptor)


def discard(written: Iterable[Written]) -> None:
    """Remove messages that will not be published."""
    for message in written:
        with contextlib.suppress(OSError):
            os.unlink(message.path)


def sweep(folder: Path, now: float) -> int:
    """Remove what crashed deliveries left in tmp/ more than 36 hours ago; how many files."""
    swept = 0
    with os.scandir(folder / "tmp") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if (
                    entry.is_file(follow_symlinks=False)
                    and now - entry.stat(follow_symlinks=False).st_mtime > _RUBBISH_SECONDS
                ):
                    os.unlink(entry.path)
                    swept += 1
    return swept


def publish(folder: Path, message: Written, name: str, *, into: str = "new") -> None:
    """Rename one settled message into new/ or cur/ under `name`; `flush` makes it durable."""
    os.rename(message.path, f"{folder}/{into}/{name}")


def flush(directories: Iterable[Path]) -> None:
    """Make the entries of directories durable.  Raises OSError."""
    descriptors: list[int] = []
    try:
        for directory in directories:
            descriptors.append(os.open(directory, os.O_RDONLY | os.O_DIRECTORY))
        flushing.flush(descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
