"""A peer's reply as the record keeps it."""

from mailcore import status
from mailcore.protocol.reply import Reply

MOST_REPLY_LINES = 10  # of one reply are kept; Courier


def words(reply: Reply) -> str:
    """A reply as the record keeps it: the peer's exact words, at most ten lines."""
    prefix = f"{reply.code} " + (f"{reply.status} " if reply.status else "")
    lines = reply.text.split("\n")[:MOST_REPLY_LINES]
    return "\n".join(prefix + line for line in lines)


def status_of(reply: Reply) -> status.Status:
    """The peer's status, or the plainest of its class; what is neither yes nor no is "later"."""
    klass = reply.code // 100
    klass = 2 if klass in (1, 2, 3) else 5 if klass == 5 else 4
    if reply.status is not None and reply.status.klass == klass:
        return reply.status
    return status.Status(klass, 0, 0)
