"""What filters may read and keep on the disk: files of their account's home, and no others.

An administrator's own instructions, for all to include, are in `maildroprcs`.
"""

import os
import sqlite3
import stat
from pathlib import Path

from mailcore.conf.deployment import deployment
from mailcore.maildrop.host import Database, FilterFailure, Included
from mailcore.maildrop.limits import SOURCE_OCTETS

_LONGEST = 4_194_304  # octets of a file that is read
_LONGEST_DATABASE = 16_384  # pages of 4 KiB
_LONGEST_QUERY = 1_000_000  # instructions of SQLite; fetching a key takes some tens
_INSTRUCTIONS = (".courier", ".qmail", ".mailfilter", ".forward")
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def administrators() -> Path:
    """Where instructions are that accounts may include.  Courier's `maildroprcs`."""
    return deployment().home / "maildroprcs"


def writable(home: Path, name: bytes) -> Path:
    """Where `name` leads, every link followed.

    Raises FilterFailure unless that is in the home, and no instruction itself.
    """
    path = _below(home, name, (home,))
    first = path.relative_to(os.path.realpath(home)).parts[0]
    if first.startswith(_INSTRUCTIONS):
        raise FilterFailure(f"{_shown(name)} is itself an instruction.")
    return path


def include(home: Path, name: bytes) -> Included:
    """A file of instructions of the home, or an administrator's, which is trusted."""
    path = _below(home, name, (home, administrators()))
    trusted = home.resolve() not in path.parents and "." not in path.name
    return Included(_read(path, SOURCE_OCTETS), trusted)


def lookup_file(home: Path, name: bytes) -> bytes:
    """A file of patterns of the home, or an administrator's."""
    return _read(_below(home, name, (home, administrators())), _LONGEST)


def _below(home: Path, name: bytes, roots: tuple[Path, ...]) -> Path:
    if not name or b"\0" in name or len(name) > 1_000:
        raise FilterFailure("A file without a usable name.")
    path = Path(os.path.realpath(home / os.fsdecode(name)))
    if not any(Path(os.path.realpath(root)) in path.parents for root in roots):
        raise FilterFailure(f"{_shown(name)} is not this account's.")
    return path


def _read(path: Path, most: int) -> bytes:
    try:
        descriptor = os.open(path, _FLAGS)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FilterFailure(f"{path.name} is no file.")
            content = file.read(most + 1)
    except OSError as problem:
        raise FilterFailure(f"Unable to open {path.name}.") from problem
    if len(content) > most:
        raise FilterFailure(f"{path.name} is longer than {most} octets.")
    return content


def _shown(name: bytes) -> str:
    return name[:200].decode("utf-8", "replace")


class KeyedFile:
    """A file of keys and values, for the language's gdbm functions; SQLite's own format."""

    def __init__(self, connection: sqlite3.Connection, *, writable: bool) -> None:
        self._connection = connection
        self._writable = writable

    def fetch(self, key: bytes) -> bytes | None:
        try:
            row = self._connection.execute(
                "SELECT value FROM pairs WHERE key = ?", (key,)
            ).fetchone()
        except sqlite3.Error as problem:
            raise FilterFailure(f"gdbmfetch: {problem}") from None
        return bytes(row[0]) if row else None

    def store(self, key: bytes, value: bytes) -> bool:
        if not self._writable:
            return False
        try:
            with self._connection:
                self._connection.execute("REPLACE INTO pairs VALUES (?, ?)", (key, value))
        except sqlite3.Error as problem:
            raise FilterFailure(f"gdbmstore: {problem}") from None
        return True

    def close(self) -> None:
        self._connection.close()


def open_database(home: Path, name: bytes, mode: str) -> Database | None:
    """Open for R(ead), W(rite), C(reate) or N(ew, emptied); None when it is none, or not there."""
    path = writable(home, name)
    access = {"R": "ro", "W": "rw"}.get(mode, "rwc")
    try:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode={access}", uri=True, timeout=5, check_same_thread=False
        )
    except sqlite3.Error:
        return None
    # Whoever made the file may have put something else in it than keys.
    connection.set_progress_handler(lambda: 1, _LONGEST_QUERY)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute(f"PRAGMA max_page_count = {_LONGEST_DATABASE}")
        if access == "rwc":
            path.chmod(0o600)
            with connection:
                if mode == "N":
                    connection.execute("DROP TABLE IF EXISTS pairs")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS pairs (key BLOB PRIMARY KEY, value BLOB NOT NULL)"
                )
        connection.execute("SELECT 1 FROM pairs LIMIT 1")
    except (sqlite3.Error, OSError):
        connection.close()
        return None
    return KeyedFile(connection, writable=mode != "R")
