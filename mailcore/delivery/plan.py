"""Due recipients and free slots → which hosts to claim for.  Pure."""

from collections.abc import Collection, Mapping, Sequence

from mailcore.queue.leases import Due


def plan(
    waiting: Sequence[Due],
    held: Mapping[str, int],
    *,
    slots: int,
    host_slots: int,
    batch: int,
    slow: Collection[str] = (),
    slow_slots: int | None = None,
) -> list[tuple[str, int]]:
    """(host, limit) pairs to claim, no more than there are slots.

    Hosts get one batch each in the order of waiting, then a second, and so on: a host with a
    hundred thousand recipients can't keep one with a single recipient waiting.  `slow` hosts
    come last, and all together get `slow_slots` (None: no limit), lest they occupy them all.
    """
    free = slots - sum(held.values())
    waiting = sorted(waiting, key=lambda due: due.host in slow)
    patience = slots if slow_slots is None else slow_slots
    patience -= sum(count for host, count in held.items() if host in slow)
    busy = dict(held)
    left = {due.host: due.waiting for due in waiting}
    wanted: list[tuple[str, int]] = []
    progress = True
    while free > 0 and progress:
        progress = False
        for due in waiting:
            if free <= 0:
                break
            if left[due.host] <= 0 or busy.get(due.host, 0) >= host_slots:
                continue
            if due.host in slow:
                if patience <= 0:
                    continue
                patience -= 1
            wanted.append((due.host, batch))
            left[due.host] -= batch
            busy[due.host] = busy.get(due.host, 0) + 1
            free -= 1
            progress = True
    return wanted
