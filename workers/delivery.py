"""Delivery tasks.  Losing one, or running it twice, is harmless."""

import time
from collections.abc import Iterable

from mailcore.conf.current import snapshot
from mailcore.delivery import attempt as attempts
from mailcore.delivery import scheduler
from mailcore.queue import leases
from workers import doorbell
from workers.celery import app

LONGEST_RUN = 60.0  # seconds before a busy worker lets other tasks have its thread


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def deliver_local() -> None:
    """Deliver local mail, batch after batch, until none is due."""
    began = time.monotonic()
    while snapshot().queue.enabled:
        count, lanes = attempts.run_due("local")
        doorbell.ring(lanes)
        if count:
            if time.monotonic() - began > LONGEST_RUN:
                break
            continue
        doorbell.answer("local")
        if not leases.is_due("local", time.time()):
            return
        # Something came between the last look and the answer, or no slot was free.
        count, lanes = attempts.run_due("local")
        doorbell.ring(lanes)
        if not count:
            return
    doorbell.answer("local")
    doorbell.ring({"local"})


@app.task  # type: ignore[untyped-decorator]
def attempt(lease: int, transport: str = "esmtp") -> None:
    """Run the attempt claimed under `lease`, then what its slot and those beside it allow next.

    Claiming here spares busy times two tasks a batch; idle ones begin with a `plan`.
    """
    began = time.monotonic()
    while True:
        doorbell.ring(attempts.run(lease))
        if not leases.is_due(transport, time.time()):
            return
        if time.monotonic() - began > LONGEST_RUN:
            doorbell.ring({transport})
            return
        granted = scheduler.claim(transport)
        if not granted:
            return
        lease = granted.pop()
        hand_out(granted, transport)


def hand_out(granted: Iterable[int], transport: str) -> None:
    """A task for each of these leases."""
    for lease in granted:
        attempt.apply_async((lease, transport), expires=120)
