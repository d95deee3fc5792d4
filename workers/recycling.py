"""A worker that has lived long and has nothing to do ends; the supervisor starts a fresh one.

Courier respawnlo.  Nothing is lost by it: the warm shutdown waits for tasks, and tasks are nudges.
"""

import os
import signal
import threading
import time

from celery import signals

from mailcore.conf.current import snapshot

LOOK_EVERY = 30.0  # seconds
IDLE = 60.0  # seconds without a task


class Idleness:
    """How many tasks run, and since when none does.  Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._born = self._since = now

    def begin(self) -> None:
        with self._lock:
            self._running += 1

    def end(self, now: float) -> None:
        with self._lock:
            self._running -= 1
            self._since = now

    def is_time(self, now: float, age: float) -> bool:
        """Whether the worker is old enough (`age` 0: never) and has been idle for a while."""
        with self._lock:
            old = bool(age) and now - self._born >= age
            return old and not self._running and now - self._since >= IDLE


def watch() -> None:
    """Begin to watch this worker; called once it is ready."""
    idleness = Idleness(time.monotonic())

    def begin(**_: object) -> None:
        idleness.begin()

    def end(**_: object) -> None:
        idleness.end(time.monotonic())

    signals.task_prerun.connect(begin, weak=False)
    signals.task_postrun.connect(end, weak=False)
    threading.Thread(target=_run, args=(idleness,), name="recycling", daemon=True).start()


def _run(idleness: Idleness) -> None:
    while not idleness.is_time(time.monotonic(), snapshot().queue.worker_recycle):
        time.sleep(LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)  # the warm shutdown
