"""The doorbell: our only signal.

`message_queued` is sent after a commit, with `lanes`: the transports that have new work, and
"report".  Whoever starts work listens; nobody may rely on it, for the tick finds everything.
"""

from collections.abc import Collection

from django.dispatch import Signal

from mailcore import log

message_queued = Signal()

_log = log.get("queue")


def ring(lanes: Collection[str]) -> None:
    """Wake the workers of these lanes; never raises."""
    if not lanes:
        return
    for receiver, problem in message_queued.send_robust(sender=None, lanes=frozenset(lanes)):
        if isinstance(problem, Exception):
            _log.warning("doorbell.failed", receiver=str(receiver), error=repr(problem))
