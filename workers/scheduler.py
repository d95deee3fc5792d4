"""Scheduling tasks.  The queue's rows are the truth; a task is a nudge to look at them."""

from mailcore.delivery import scheduler
from workers import doorbell
from workers.celery import app
from workers.delivery import hand_out


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def tick() -> None:
    """The safety net: reap dead leases, and ring for whatever is due."""
    doorbell.ring(scheduler.tick())


@app.task  # type: ignore[untyped-decorator]
def plan(transport: str) -> None:
    """Claim batches for the free slots of a transport, and hand each to a worker."""
    doorbell.answer(transport)
    hand_out(scheduler.claim(transport), transport)
