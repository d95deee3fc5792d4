"""Where is my mail?  The history of messages, from their trace events."""

from collections.abc import Sequence

from mailcore.queue import committer, database
from mailcore.queue.entry import TraceEvent

_COLUMNS = "message_id, at, event, address, status, peer, text"
_PRUNE_STEP = 10_000


def record(events: Sequence[TraceEvent]) -> None:
    """Write events with the next group commit; nobody waits for them."""
    committer.record(events)


def life(number: int) -> list[TraceEvent]:
    """Everything that happened to a message, oldest first."""
    with database.read() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM queue_trace WHERE message_id = %s ORDER BY id",  # noqa: S608
            (number,),
        )
        return [TraceEvent(*row) for row in cursor.fetchall()]


def search(address: str, limit: int = 100) -> list[TraceEvent]:
    """The latest events naming `address` as reverse-path or recipient, newest first."""
    with database.read() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM queue_trace WHERE address = %s"  # noqa: S608
            " ORDER BY id DESC LIMIT %s",
            (address.strip().strip("<>").lower(), limit),
        )
        return [TraceEvent(*row) for row in cursor.fetchall()]


def lives(address: str, messages: int = 20) -> list[TraceEvent]:
    """The whole lives of the latest `messages` that name `address`, newest message first."""
    with database.read() as cursor:
        cursor.execute(
            "SELECT message_id FROM queue_trace WHERE address = %s"
            " GROUP BY message_id ORDER BY message_id DESC LIMIT %s",
            (address.strip().strip("<>").lower(), messages),
        )
        numbers = [row[0] for row in cursor.fetchall()]
    return [event for number in numbers for event in life(number)]


def prune(before: float) -> int:
    """Delete events older than `before`, in steps that hold no lock for long."""
    removed = 0
    while True:
        with database.write() as cursor:
            cursor.execute(
                "DELETE FROM queue_trace WHERE id IN"
                " (SELECT id FROM queue_trace WHERE at < %s ORDER BY id LIMIT %s)",
                (before, _PRUNE_STEP),
            )
            count = int(cursor.rowcount)
        removed += count
        if count < _PRUNE_STEP:
            return removed
