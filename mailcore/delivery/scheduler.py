"""Who gets attempted next: reap the dead, plan, claim, hand out leases."""

import time

from mailcore.conf.current import snapshot
from mailcore.delivery.plan import plan
from mailcore.delivery.slots import slots
from mailcore.queue import leases

MOST_HOSTS = 1_000  # looked at in one planning


def tick() -> set[str]:
    """Reap expired leases; return the lanes with something to do."""
    now = time.time()
    leases.reap(now)
    return leases.lanes_due(now) if snapshot().queue.enabled else set()


def claim(transport: str) -> list[int]:
    """Claim what fits into the free slots of a transport; return the leases to attempt."""
    settings = snapshot().queue
    if not settings.enabled:
        return []
    now = time.time()
    allowed = slots(transport, settings)
    waiting, held, slow = leases.due(transport, now, MOST_HOSTS)
    wanted = plan(
        waiting,
        held,
        slots=allowed.total,
        host_slots=allowed.per_host,
        batch=allowed.batch,
        slow=slow,
        slow_slots=max(1, allowed.total * settings.slow_share // 100),
    )
    if not wanted:
        return []
    return leases.claim_planned(
        transport, wanted, now=now, slots=allowed.total, host_slots=allowed.per_host
    )


def is_pooled(transport: str) -> bool:
    return slots(transport, snapshot().queue).pooled
