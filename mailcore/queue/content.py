"""A message's bytes: in memory while they are short, a spool file once they are not.

The wire form is the stored form: CRLF line ends, dots unstuffed.  A file is fsynced, and so is
its directory, before any row names it (docs/queue.md).
"""

import contextlib
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from mailcore.queue import ids

HEAD = 512 * 1024  # as much of a long message's beginning as stays at hand for header work


@dataclass(frozen=True, slots=True)
class Content:
    """Finished content.  Exactly one of `data` and `file` is set."""

    size: int
    data: bytes | None
    file: Path | None
    head: bytes = field(repr=False)
    is_ascii: bool = True

    @property
    def name(self) -> str:
        """What the message row calls the file: relative to the spool."""
        return f"{self.file.parent.name}/{self.file.name}" if self.file else ""

    def open(self) -> BinaryIO:
        if self.data is not None:
            return io.BytesIO(self.data)
        return cast(Path, self.file).open("rb")

    def discard(self) -> None:
        """The message was refused after all."""
        if self.file:
            self.file.unlink(missing_ok=True)

    @classmethod
    def of(cls, data: bytes) -> "Content":
        """Content from bytes that are at hand, short or at least harmless in a row."""
        return cls(len(data), data, None, data, data.isascii())


class ContentWriter:
    """Collects chunks; over `threshold` octets they go to a file below `spool`."""

    def __init__(self, spool: Path, threshold: int = 128 * 1024) -> None:
        self._spool = spool
        self._threshold = threshold
        self._chunks: list[bytes] = []
        self._head = b""
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self.size = 0
        self.is_ascii = True

    @property
    def is_file(self) -> bool:
        """`finish` will wait for the disk: call it off the event loop."""
        return self._file is not None

    def write(self, chunk: bytes) -> None:
        """Take some more.  OSError (disk full) discards everything."""
        self.size += len(chunk)
        if self.is_ascii and not chunk.isascii():
            self.is_ascii = False
        try:
            self._keep(bytes(chunk))
        except OSError:
            self.discard()
            raise

    def _keep(self, chunk: bytes) -> None:
        if self._file is not None:
            self._file.write(chunk)
            if len(self._head) < HEAD:
                self._head += chunk[: HEAD - len(self._head)]
            return
        self._chunks.append(chunk)
        if self.size > self._threshold:
            self._spill()

    def discard(self) -> None:
        """Forget everything: the transaction was abandoned."""
        self._chunks.clear()
        if self._file is not None:
            with contextlib.suppress(OSError):  # what it still had to write is not wanted
                self._file.close()
            self._file = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def finish(self) -> Content:
        """The finished content, safe on disk if it is a file.  Raises OSError: disk full."""
        if self._file is None or self._path is None:
            data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            return Content(self.size, data, None, data, self.is_ascii)
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            _sync_directory(self._path.parent)
        except OSError:
            self.discard()
            raise
        return Content(self.size, None, self._path, self._head, self.is_ascii)

    def _spill(self) -> None:
        """What was short is long now: move it to a file."""
        name = ids.text(ids.new_id())
        folder = self._spool / name[6:8]  # changes every few milliseconds
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_directory(self._spool)
        self._path = folder / name
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=256 * 1024)
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._head = data[:HEAD]
        self._file.write(data)


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
