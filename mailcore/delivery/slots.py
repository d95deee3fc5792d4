"""How much a transport may do at once.  Transports never count; leases do."""

from dataclasses import dataclass

from mailcore.conf.schema.queue import Queue

MOST_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Slots:
    """Batches at once in all, batches at once per host, recipients per batch.

    `pooled` transports take recipients of all hosts in one batch.
    """

    total: int
    per_host: int
    batch: int
    pooled: bool = False


def slots(transport: str, settings: Queue) -> Slots:
    """Courier's MAXDELS, MAXHOST and MAXRCPT of a transport."""
    if transport == "local":
        return Slots(settings.local_slots, settings.local_slots, settings.local_batch, pooled=True)
    if transport == "instructions":  # an account's mail keeps its order, and it one place
        return Slots(settings.instruction_slots, 1, settings.local_batch)
    for line in settings.slots:
        words = line.split()
        if words[:1] == [transport] and len(words) == 4 and all(map(str.isdigit, words[1:])):
            total, per_host, batch = (max(1, int(word)) for word in words[1:])
            return Slots(total, per_host, min(batch, MOST_BATCH))
    return Slots(settings.esmtp_slots, settings.esmtp_host_slots, settings.esmtp_batch)
