"""The doorbell: after a commit, at most one wake-up in flight per lane.

Publishing a task costs more than queueing a message, so a lane that has been rung is not rung
again until a worker has answered, or a few seconds have passed.
"""

import atexit
import os
import threading
import time
from collections.abc import Collection
from typing import Any

from mailcore import log
from mailcore.bus import publish

RINGS_FOR = 5_000  # milliseconds
STALE = 60.0  # seconds; while no worker runs, wake-ups must not pile up
LAST_WORDS = 2.0  # seconds a process that ends waits for its bells
SILENCE = 2.0  # seconds of not even trying, after the broker was found away

_log = log.get("doorbell")
_silent_until = 0.0


def key(lane: str) -> str:
    return f"courier:bell:{lane}"


def answer(lane: str) -> None:
    """A worker looks at the queue from now on: what is committed later rings anew."""
    publish.release(key(lane))


def ring(lanes: Collection[str]) -> None:
    """Wake the workers of these lanes.  Never raises."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    for lane in lanes:
        if not publish.claim(key(lane), RINGS_FOR):
            continue
        try:
            _task(lane)
        except Exception as problem:  # the tick will find what we couldn't announce
            _silent_until = time.monotonic() + SILENCE
            _log.warning("doorbell.failed", lane=lane, error=repr(problem))
            return


class _Ringer:
    """A thread that rings, so that whoever commits mail never waits for the broker."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._lanes: set[str] = set()
        self._busy = False
        self._thread: threading.Thread | None = None

    def wake(self, lanes: Collection[str]) -> None:
        with self._changed:
            self._lanes.update(lanes)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout: float) -> None:
        """Wait until everything is rung; for processes that are about to end."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._lanes or self._busy), timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                while not self._lanes:
                    self._changed.wait()
                lanes, self._lanes, self._busy = self._lanes, set(), True
            ring(lanes)


_ringer = _Ringer()


def _start_anew() -> None:
    global _ringer
    _ringer = _Ringer()


os.register_at_fork(after_in_child=_start_anew)
atexit.register(lambda: _ringer.flush(LAST_WORDS))


def on_message_queued(sender: object, lanes: Collection[str], **_: Any) -> None:
    _ringer.wake(lanes)


def _task(lane: str) -> None:
    from workers import bounce, delivery, scheduler

    if lane == "local":
        delivery.deliver_local.apply_async(expires=STALE)
    elif lane == "report":
        bounce.report.apply_async(expires=STALE)
    else:
        scheduler.plan.apply_async((lane,), expires=STALE)
