"""The group commit: one thread per process writes, in one transaction, all that has gathered.

There is no timer.  A batch is what arrived while the last one was being committed, so a lone
message waits for nobody and a crowd shares one fsync.  docs/queue.md.
"""

import errno
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from django.db import DataError, IntegrityError
from django.db.utils import Error as DatabaseError

from mailcore import log, status
from mailcore.errors import TemporaryFailure
from mailcore.queue import database, signals, store
from mailcore.queue.entry import Accepted, Entry, TraceEvent

MAXIMUM_ENTRIES = 1_000
MAXIMUM_OCTETS = 32 * 1024 * 1024

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_log = log.get("queue")

Waiting = tuple[Entry, "Future[Accepted]"]


class Committer:
    """Sessions hand over entries and wait; the thread starts with the first of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Waiting] = []
        self._events: list[TraceEvent] = []
        self._busy = False
        self._thread: threading.Thread | None = None

    def submit(self, entry: Entry) -> "Future[Accepted]":
        """Queue `entry`; the future is fulfilled once it is durable.

        It fails with TemporaryFailure (4.3.0, or 4.3.1 when the disk is full), and then nothing
        of the message was kept.
        """
        future: Future[Accepted] = Future()
        with self._changed:
            self._waiting.append((entry, future))
            self._wake()
        return future

    def record(self, events: Sequence[TraceEvent]) -> None:
        """Write history with the next batch; nobody waits, and a failure loses only history."""
        with self._changed:
            self._events.extend(events)
            self._wake()

    def drain(self, timeout: float) -> bool:
        """Wait until everything handed over is written and its bells are rung."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not (self._busy or self._waiting or self._events), timeout
            )

    def _wake(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                if not self._waiting and not self._events:
                    self._changed.notify_all()
                while not self._waiting and not self._events:
                    self._changed.wait()
                self._busy = True
                batch = self._take()
                events, self._events = self._events, []
            try:
                self._commit(batch, events)
            except Exception as problem:  # the thread must outlive whatever went wrong
                _log.exception("commit.broken")
                _fail(batch, problem)

    def _take(self) -> list[Waiting]:
        """The next batch; those whose session has gone meanwhile are left out."""
        count = octets = 0
        for entry, _ in self._waiting:
            count += 1
            octets += entry.size if entry.content.data is not None else 0
            if count >= MAXIMUM_ENTRIES or octets >= MAXIMUM_OCTETS:
                break
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        wanted = []
        for entry, future in batch:
            if future.set_running_or_notify_cancel():
                wanted.append((entry, future))
            else:
                entry.content.discard()
        return wanted

    def _commit(self, batch: list[Waiting], events: Sequence[TraceEvent]) -> None:
        if not batch and not events:
            return
        try:
            kept = store.enqueue([entry for entry, _ in batch], events)
        except (IntegrityError, DataError, ValueError, TypeError, OverflowError) as problem:
            if len(batch) > 1:
                for one in batch:
                    self._commit([one], ())
                return
            _log.error("commit.refused", error=repr(problem))
            _fail(batch, problem)
        except (DatabaseError, OSError) as problem:
            _log.error("commit.failed", entries=len(batch), error=repr(problem))
            _fail(batch, problem)
            database.close()
        else:
            _release(batch, kept)


def _release(batch: list[Waiting], kept: list[Entry]) -> None:
    """Tell every session that its message is safe, then ring the bells."""
    written = {entry.id for entry in kept}
    lanes: set[str] = set()
    for entry, future in batch:
        if entry.id in written:
            lanes |= entry.lanes
        future.set_result(Accepted(entry.id))
    signals.ring(lanes)


def _fail(batch: list[Waiting], problem: Exception) -> None:
    failure = as_failure(problem)
    for entry, future in batch:
        if not future.done():
            entry.content.discard()
            future.set_exception(failure)


def as_failure(problem: Exception) -> TemporaryFailure:
    """What the peer is told: the disk is full (4.3.1), or it is our trouble (4.3.0)."""
    cause = problem.__cause__ or problem
    full = (
        getattr(problem, "errno", None) in _FULL
        or str(getattr(cause, "pgcode", "") or "").startswith("53")
        or "is full" in str(cause)
    )
    if full:
        return TemporaryFailure(status.SYSTEM_FULL, "No room for mail just now. Try again later.")
    return TemporaryFailure(status.OTHER_SYSTEM, "Mail system trouble. Try again later.")


_current = Committer()


def _start_anew() -> None:
    global _current
    _current = Committer()


os.register_at_fork(after_in_child=_start_anew)


def submit(entry: Entry) -> "Future[Accepted]":
    """Hand `entry` to this process's committer; see Committer.submit."""
    return _current.submit(entry)


def drain(timeout: float = 30.0) -> bool:
    """Wait until nothing is pending here; for processes that are about to end."""
    return _current.drain(timeout)


def record(events: Sequence[TraceEvent]) -> None:
    """Hand history to this process's committer; see Committer.record."""
    _current.record(events)
