"""Run one claim through its transport, and write down what happened."""

import time
from collections.abc import Iterator

from mailcore import log, status
from mailcore.conf.current import snapshot
from mailcore.conf.schema.queue import Queue
from mailcore.delivery.resolve import resolve
from mailcore.delivery.slots import slots
from mailcore.queue import destinations, leases
from mailcore.queue.claimed import Claim
from mailcore.transports.contract import DEFERRED, LEFT, Outcome, Transport, is_slow
from mailcore.transports.registry import transports

POOLED_LIMIT = 300.0  # seconds; a repeat of local mail is recognised, so its leases may be short
PATIENT = 900.0  # seconds a host that was slow is taken to be slow
WRITE_AFTER = 1.0  # seconds; a slow batch is written down in parts, or a crash doubles all of it

_log = log.get("delivery")


def run(lease: int) -> set[str]:
    """Run the attempt claimed under `lease`; return lanes to wake.

    Running it twice is harmless: only the first can start a lease.
    """
    settings = snapshot().queue
    now = time.time()
    claim = leases.start(lease, now=now, until=now + settings.attempt_limit)
    return _attempt(claim, settings) if claim else set()


def run_due(transport: str) -> tuple[int, set[str]]:
    """Claim and attempt one batch of a transport whose batches span hosts.

    Returns how many recipients it had (0: nothing is due or no slot is free), and lanes to wake.
    """
    settings = snapshot().queue
    now = time.time()
    allowed = slots(transport, settings)
    claim = leases.claim_any(
        transport,
        now=now,
        until=now + min(settings.attempt_limit, POOLED_LIMIT),
        limit=allowed.batch,
        slots=allowed.total,
    )
    return (claim.recipients, _attempt(claim, settings)) if claim else (0, set())


def _attempt(claim: Claim, settings: Queue) -> set[str]:
    """Deliver, writing outcomes down at least once a second and at the end."""
    transport: Transport = transports.get(claim.transport)()
    backup = snapshot().outgoing.backup_relay.strip().lower()
    began = time.monotonic()
    lanes: set[str] = set()
    unwritten: list[Outcome] = []
    written_at = time.monotonic()
    attempted: set[int] = set()
    for outcome in _outcomes(transport, claim):
        if outcome.action == LEFT:  # due as before, once the lease has ended
            continue
        attempted.add(outcome.message.id)
        unwritten.append(outcome)
        if outcome.host_is_down and settings.host_rest:
            until = time.time() + settings.host_rest
            destinations.rest(claim.transport, claim.host, until, outcome.reply)
        if time.monotonic() - written_at > WRITE_AFTER:
            lanes |= resolve(claim.lease, unwritten, settings, last=False, backup=backup)
            unwritten, written_at = [], time.monotonic()
    if claim.host and is_slow(time.monotonic() - began, len(attempted)):
        destinations.be_patient(claim.transport, claim.host, time.time() + PATIENT)
    return lanes | resolve(claim.lease, unwritten, settings, last=True, backup=backup)


def _outcomes(transport: Transport, claim: Claim) -> Iterator[Outcome]:
    """Exactly one outcome per recipient, whatever the transport does."""
    awaited = {each.id: (m, each) for m in claim.messages for each in m.recipients}
    try:
        for outcome in transport.deliver(claim):
            if awaited.pop(outcome.recipient.id, None) is not None:
                yield outcome
    except Exception:
        _log.exception("attempt.broken", transport=claim.transport, host=claim.host)
    for message, recipient in awaited.values():
        text = "Mail system trouble; it will be tried again."
        yield Outcome(message, recipient, DEFERRED, status.OTHER_SYSTEM, text)
