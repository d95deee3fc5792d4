"""Decoded, case-folded text of messages for SEARCH TEXT and BODY, in a file of its own.

Filled by the first search that needs it.  Losing the file costs only time.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from mailcore.errors import StoreError
from mailcore.mailbox import files
from mailcore.mailbox.index.database import DIRECTORY, Index
from mailcore.message import header, mime

_FILE = "texts.sqlite3"
_VERSION = 1
_LARGEST = 1 << 20
_BATCH = 200


def folded(text: str) -> str:
    """How text is compared: case does not matter (RFC 3501 §6.4.4)."""
    return text.casefold()


class Texts:
    """The texts of one folder; made for one search, closed after it."""

    def __init__(self, index: Index, folder_id: int, folder: Path) -> None:
        self.index = index
        self.folder_id = folder_id
        self.folder = folder
        file = index.maildir / DIRECTORY / _FILE
        try:
            self._connection = _open(file)
        except sqlite3.DatabaseError:
            for leftover in file.parent.glob(f"{_FILE}*"):
                leftover.unlink(missing_ok=True)
            self._connection = _open(file)

    def close(self) -> None:
        self._connection.close()

    def containing(self, needle: bytes, wanted: set[int], *, with_header: bool) -> set[int]:
        """The UIDs among `wanted` whose text contains `needle` (folded UTF-8)."""
        self._fill(wanted)
        low = self.folder_id << 32
        found = set()
        columns = "key, body, header" if with_header else "key, body, ''"
        for key, body, head in self._connection.execute(
            f"SELECT {columns} FROM texts WHERE key >= ? AND key < ?",  # noqa: S608
            (low, (self.folder_id + 1) << 32),
        ):
            if needle in body or (with_header and needle in head):
                found.add(key & 0xFFFFFFFF)
        return found & wanted

    def _fill(self, wanted: set[int]) -> None:
        """Decode what is not there yet, and forget what is gone."""
        low = self.folder_id << 32
        span = (low, (self.folder_id + 1) << 32)
        have = {
            key & 0xFFFFFFFF
            for (key,) in self._connection.execute(
                "SELECT key FROM texts WHERE key >= ? AND key < ?", span
            )
        }
        missing = sorted(wanted - have)
        if not missing:
            return
        located = {
            uid: (base, file_flags)
            for uid, base, file_flags in self.index.execute(
                "SELECT uid, base, file_flags FROM messages WHERE folder = ?", (self.folder_id,)
            )
        }
        gone = have - located.keys()
        self._write("DELETE FROM texts WHERE key = ?", [(low | uid,) for uid in gone])
        for start in range(0, len(missing), _BATCH):
            rows = []
            for uid in missing[start : start + _BATCH]:
                try:
                    data = files.read(self.folder, *located[uid])
                except (KeyError, StoreError):
                    continue
                rows.append((low | uid, *_decoded(data)))
            self._write("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", rows)

    def _write(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(sql, rows)
        finally:
            self._connection.execute("COMMIT")


def _decoded(data: bytes) -> tuple[bytes, bytes]:
    """Body and header of a message, decoded and folded."""
    root = mime.scan(data)
    pieces = []
    for part in mime.walk(root):
        if part.type == "text":
            pieces.append(mime.text(data, part, _LARGEST))
        if part.embedded is not None:
            pieces.extend(header.decode(field.value) for field in part.embedded.fields)
    head = "\n".join(
        f"{field.raw_name.decode('latin-1')}: {header.decode(field.value)}" for field in root.fields
    )
    return (
        folded("\n".join(pieces)).encode("utf-8", "replace"),
        folded(head).encode("utf-8", "replace"),
    )


def _open(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=10, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
    if connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
        connection.execute("DROP TABLE IF EXISTS texts")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS texts (key INTEGER PRIMARY KEY, body BLOB, header BLOB)"
        )
        connection.execute(f"PRAGMA user_version={_VERSION}")
        file.chmod(0o600)
    return connection
