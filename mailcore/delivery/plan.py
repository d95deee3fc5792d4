"""Due recipients and free slots → which hosts to claim for.  Pure."""

from collections.abc import Mapping, Sequence

from mailcore.queue.leases import Due


def plan(
    waiting: Sequence[Due], held: Mapping[str, int], *, slots: int, host_slots: int, batch: int
) -> list[tuple[str, int]]:
    """(host, limit) pairs to claim, no more than there are slots.

    Hosts get one batch each in the order of waiting, then a second, and so on: a host with a
    hundred thousand recipients can't keep one with a single recipient waiting.
    """
    free = slots - sum(held.values())
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
            wanted.append((due.host, batch))
            left[due.host] -= batch
            busy[due.host] = busy.get(due.host, 0) + 1
            free -= 1
            progress = True
    return wanted
