"""Many copies of one text: later ones refused, earlier ones that still wait cancelled.

With a pause before the first attempt (`queue.initial_hold`) none of a slew is delivered.
Courier dupfilter.
"""

from mailcore import log, status
from mailcore.bus import recent
from mailcore.conf.schema.registry import Snapshot
from mailcore.message import fingerprint
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Verdict
from mailcore.protocol.reply import Reply
from mailcore.queue import control

REFUSED = Reply(500, status.RELAY_DENIED, "Duplicate message rejected.")
CANCELLED = "Message cancelled as a duplicate."
_MOST_READ = 256 * 1024  # octets of a message that are compared

_log = log.get("policy")


def wanted(settings: Snapshot, peer: Peer) -> bool:
    """Strangers' copies only: users and our own machines have limits of their own (`rates`)."""
    return settings.filters.duplicates > 0 and not peer.trusted


def check(received: Received) -> Verdict:
    """Count this copy.  Raises what the database raises: that puts mail off."""
    filters = received.settings.filters
    print_ = fingerprint.of(received.content.head[:_MOST_READ])
    if print_ is None:
        return NO_OBJECTION
    most = filters.duplicates + 1
    copies = recent.remember(
        f"copies:{print_}", str(received.number), filters.duplicates_window, most
    )
    if len(copies) < most:
        return NO_OBJECTION
    cancelled = control.cancel((int(one) for one in copies[:-1]), CANCELLED, by="duplicates")
    _log.warning("copies.refused", peer=received.peer.address, cancelled=cancelled)
    return Verdict(refusal=REFUSED)
