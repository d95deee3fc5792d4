"""How much a transport may do at once.  Transports never count; leases do."""

from dataclasses import dataclass

from mailcore.conf.schema.queue import Queue


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
    return Slots(settings.esmtp_slots, settings.esmtp_host_slots, settings.esmtp_batch)
