"""The queue's database: write transactions, and SQL that both engines understand.

SQLite writers of one machine take turns at a lock file: its own busy handler sleeps between
tries, and a sleeping writer with work to do is the latency an idle server shows.
"""

import fcntl
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

ALIAS = "queue"
_CHUNK_OF_VALUES = 10_000


class _Turn:
    """A lock that the threads of this process and all other processes respect."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        self.lock.acquire()
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        except BaseException:
            self.lock.release()
            raise

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        self.lock.release()


_turns: dict[str, _Turn] = {}
_turns_guard = threading.Lock()


def _forget_turns() -> None:
    """In a forked child: an inherited descriptor would share, and outlive, its parent's lock."""
    global _turns_guard
    _turns_guard = threading.Lock()
    for turn in _turns.values():
        os.close(turn.descriptor)
    _turns.clear()


os.register_at_fork(after_in_child=_forget_turns)


def _turn() -> AbstractContextManager[None]:
    connection = connections[ALIAS]
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name:
        return nullcontext()
    found = _turns.get(name)
    if found is None:
        with _turns_guard:
            found = _turns.setdefault(name, _Turn(name + ".turn"))
    return found


@contextmanager
def write() -> Iterator[CursorWrapper]:
    """One write transaction: all of it, or none when the block raises."""
    connection = connections[ALIAS]
    if connection.in_atomic_block:  # our turn already
        with transaction.atomic(using=ALIAS), connection.cursor() as cursor:
            yield cursor
        return
    with _turn(), transaction.atomic(using=ALIAS), connection.cursor() as cursor:
        yield cursor


@contextmanager
def read() -> Iterator[CursorWrapper]:
    with connections[ALIAS].cursor() as cursor:
        yield cursor


def close() -> None:
    """Give up this thread's connection; the next use opens a new one."""
    connections[ALIAS].close()


def is_postgresql() -> bool:
    return connections[ALIAS].vendor == "postgresql"


def marks(values: Sequence[object]) -> str:
    """`%s,%s,…` for an IN list."""
    return ",".join(["%s"] * len(values))


def insert(
    cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows with few statements.

    Not executemany: sqlite3 gives the interpreter away around every row, and getting it back
    from a busy event loop takes longer than the row.  Chunks are powers of two, so that a handful
    of statements stays prepared.
    """
    if not rows:
        return
    head = f"INSERT INTO {table} ({','.join(columns)}) VALUES "  # noqa: S608 - names are ours
    one = f"({','.join(['%s'] * len(columns))})"
    most = 1 << (_CHUNK_OF_VALUES // len(columns)).bit_length() - 1
    start = 0
    while start < len(rows):
        step = min(most, 1 << (len(rows) - start).bit_length() - 1)
        some = rows[start : start + step]
        cursor.execute(head + ",".join([one] * step), [v for row in some for v in row])
        start += step


def chunks(values: Iterable[Any], size: int = 5_000) -> Iterator[list[Any]]:
    """Lists short enough for an IN list."""
    every = list(values)
    for start in range(0, len(every), size):
        yield every[start : start + size]
