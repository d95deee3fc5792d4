"""What a transport is: attempt once, yield exactly one Outcome per recipient.

A transport never counts slots, never decides when to try again and never writes to the queue.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from mailcore.queue.claimed import Claim, ClaimedMessage, ClaimedRecipient
from mailcore.status import Status

DELIVERED, RELAYED, PASSED, DEFERRED, FAILED, MOVED, LEFT = (
    "delivered",  # into a mailbox of ours
    "relayed",  # to a server that will not report success
    "passed",  # to a server that reports success itself, if asked
    "deferred",
    "failed",
    "moved",  # to another transport, now; this was no attempt
    "left",  # to another turn, because others wait; this was no attempt
)
SUCCESSES = (DELIVERED, RELAYED, PASSED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recipient in one attempt.  `action` is one of the seven above.

    `reply` is the peer's own
    words (or ours, when no peer was reached: then `peer` is empty), at most ten lines.
    `transcript` is the whole dialogue with the
    peer, on one outcome of each message, where it is kept.
    `host_is_down`: no server of the host could be reached, so others needn't try either.
    `event` and `note` are what the trace has instead of action and reply, for nobody outside.
    `transport` is where what was moved goes.  `is_lesson`: a failure says something of the
    address, for backscatter's sake.
    """

    message: ClaimedMessage
    recipient: ClaimedRecipient
    action: str
    status: Status
    reply: str = ""
    peer: str = ""
    command: str = ""
    host_is_down: bool = False
    transcript: str = ""
    event: str = ""
    note: str = ""
    transport: str = ""
    is_lesson: bool = True


SLOW_EACH = 1.0  # seconds a message; a host that takes longer is slow


def is_slow(seconds: float, messages: int) -> bool:
    """Whether a host that took so long for so many messages is slow."""
    return seconds > SLOW_EACH * messages


class Transport(Protocol):
    """One way out of the queue."""

    def deliver(self, claim: Claim) -> Iterator[Outcome]:
        """Attempt everything under the claim.  What raises is our own trouble: deferred."""
        ...
