"""The index file of one account: opening it, transactions, surviving power loss.

Commits are not flushed to the disk (WAL, synchronous=NORMAL): whatever a power cut takes
is found again in the Maildir.  Two things must not go back in time even then, UIDs and
mod-sequences, because clients remember them.  So UIDs are handed out from blocks that
were reserved by a flushed commit, and the first opening after a reboot skips the rest of
each block and lifts each mod-sequence.
"""

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mailcore.mailbox.index import schema

DIRECTORY = "courierindex"
FILE = "index.sqlite3"
_LOCK = "making.lock"
_BUSY_MILLISECONDS = 10_000
_CACHE_KIBIBYTES = 1024
_MMAP_OCTETS = 256 << 20

Row = tuple[Any, ...]


def modseq_now() -> int:
    """Microseconds: a mod-sequence no earlier index of this Maildir can have reached."""
    return time.time_ns() // 1000


class Index:
    """An open index.  One thread at a time; close it to give the files back."""

    __slots__ = ("_connection", "_later", "execute", "maildir")

    def __init__(self, maildir: Path) -> None:
        self.maildir = maildir
        directory = maildir / DIRECTORY
        directory.mkdir(mode=0o700, exist_ok=True)
        try:
            self._connection = _open(directory / FILE)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            # A damaged index is thrown away: the Maildir has everything that matters.
            for leftover in directory.glob(f"{FILE}*"):
                leftover.unlink(missing_ok=True)
            self._connection = _open(directory / FILE)
        self.execute = self._connection.execute
        self._later: list[Callable[[], None]] = []
        self._begin_after_boot()

    def close(self) -> None:
        self._connection.close()

    def executemany(self, sql: str, rows: Sequence[Row] | Iterator[Row]) -> None:
        self._connection.executemany(sql, rows)

    def rows(self, sql: str, *arguments: object) -> list[Row]:
        return self.execute(sql, arguments).fetchall()

    def row(self, sql: str, *arguments: object) -> Row | None:
        found: Row | None = self.execute(sql, arguments).fetchone()
        return found

    @contextlib.contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[None]:
        """One short write transaction; `durable` flushes it to the disk.

        Re-entrant: an inner one joins the outer one.
        """
        if self._connection.in_transaction:
            yield
            return
        if durable:
            self.execute("PRAGMA synchronous=FULL")
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._later.clear()
            self.execute("ROLLBACK")
            raise
        else:
            self.execute("COMMIT")
        finally:
            if durable:
                self.execute("PRAGMA synchronous=NORMAL")
        later, self._later = self._later, []
        for call in later:
            call()

    def afterwards(self, call: Callable[[], None]) -> None:
        """Run `call` once the transaction under way is committed; at once when there is none.

        Whoever hears of a change must be able to see it.
        """
        if self._connection.in_transaction:
            self._later.append(call)
        else:
            call()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Several reads of one state."""
        if self._connection.in_transaction:
            yield
            return
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.execute("COMMIT")

    def get(self, name: str) -> str | None:
        """A fact about the account."""
        found = self.row("SELECT value FROM account WHERE name = ?", name)
        return found[0] if found else None

    def put(self, name: str, value: str) -> None:
        self.execute("INSERT OR REPLACE INTO account VALUES (?, ?)", (name, value))

    def _begin_after_boot(self) -> None:
        boot = _boot_id()
        if self.get("boot") == boot:
            return
        with self.writing(durable=True):
            if self.get("boot") == boot:
                return
            self.execute("UPDATE folders SET uidnext = reserved")
            self.execute("UPDATE folders SET modseq = max(modseq + 1, ?)", (modseq_now(),))
            # What the lost commits said about the directories may be lost with them.
            self.execute("UPDATE folders SET new_mtime = 0, cur_mtime = 0")
            self.put("boot", boot)


def _open(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        file, timeout=_BUSY_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIBIBYTES}")
        connection.execute(f"PRAGMA mmap_size={_MMAP_OCTETS}")
        if connection.execute("PRAGMA user_version").fetchone()[0] != schema.VERSION:
            with _alone(file.parent):
                _create(connection)
            file.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Nobody else makes an index here meanwhile.

    SQLite does not wait for another that switches a new file to WAL too: it says at once that
    the file is locked.
    """
    lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            for statement in schema.TABLES.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version={schema.VERSION}")
        elif found != schema.VERSION:
            raise sqlite3.DatabaseError(f"index of version {found}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _boot_id() -> str:
    """Changes when the machine starts, or when the Maildir came to another machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"pid {os.getpid()}"
