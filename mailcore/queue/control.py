"""Look at the queue and change its course: list, hold, release, retry, cancel.

For mailq, cancelmsg, `manage.py queue` and the administration.  Values out, ids in; every change
is one transaction, and its trace event is part of it.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from mailcore.queue import database, ids, signals, spool, store
from mailcore.queue.claimed import MESSAGE_COLUMNS, ClaimedMessage
from mailcore.queue.entry import TraceEvent

CANCELLED = "Message cancelled."
MOST = 1_000

_RECIPIENT = (
    "id, message_id, forward_path, state, transport, host, attempts, next_attempt_at, status,"
    " reply, notify"
)


@dataclass(frozen=True, slots=True)
class QueuedRecipient:
    """One forward-path and how it stands; times in seconds since the epoch."""

    id: int
    message_id: int
    forward_path: str
    state: str
    transport: str
    host: str
    attempts: int
    next_attempt_at: float
    status: str
    reply: str
    notify: str


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """One message with all the recipients it still has."""

    message: ClaimedMessage
    recipients: tuple[QueuedRecipient, ...]

    @property
    def id(self) -> int:
        return self.message.id

    @property
    def text(self) -> str:
        return ids.text(self.message.id)


def listing(
    *, limit: int = MOST, after: int = 0, address: str = "", held: bool = False
) -> list[QueuedMessage]:
    """Queued messages, oldest first, from behind id `after`; `address` is part of any path."""
    conditions, values = ["id > %s"], [after]
    if held:
        conditions.append("held = %s")
        values.append(True)
    if address:
        pattern = "%" + address.lower().replace("\\", "\\\\").replace("%", "\\%") + "%"
        conditions.append(
            "(LOWER(reverse_path) LIKE %s ESCAPE '\\' OR id IN (SELECT message_id FROM"
            " queue_recipient WHERE LOWER(forward_path) LIKE %s ESCAPE '\\'))"
        )
        values += [pattern, pattern]  # type: ignore[list-item]  # SQL parameters of any type
    with database.read() as cursor:
        cursor.execute(
            f"SELECT {MESSAGE_COLUMNS} FROM queue_message WHERE {' AND '.join(conditions)}"  # noqa: S608
            " ORDER BY id LIMIT %s",
            [*values, limit],
        )
        return _with_recipients(cursor, [ClaimedMessage.of(row, ()) for row in cursor.fetchall()])


def show(number: int) -> QueuedMessage | None:
    """One message, or None when it is not in the queue (any more)."""
    with database.read() as cursor:
        cursor.execute(
            f"SELECT {MESSAGE_COLUMNS} FROM queue_message WHERE id = %s",  # noqa: S608
            (number,),
        )
        row = cursor.fetchone()
        found = _with_recipients(cursor, [ClaimedMessage.of(row, ())]) if row else []
    return found[0] if found else None


def hold(numbers: Iterable[int], by: str = "") -> int:
    """Attempt none of these until released; an attempt under way comes back held."""
    return _switch(list(numbers), True, "queued", "held", by)


def release(numbers: Iterable[int], by: str = "") -> int:
    """End the hold; what fell due meanwhile is attempted now."""
    count = _switch(list(numbers), False, "held", "queued", by)
    signals.ring(_lanes())
    return count


def retry(numbers: Iterable[int] | None, by: str = "") -> int:
    """Attempt these now (None: everything), hosts at rest included; say how many recipients."""
    now = time.time()
    count = 0
    with database.write() as cursor:
        if numbers is None:
            cursor.execute(
                "UPDATE queue_recipient SET next_attempt_at = %s WHERE state = 'queued'", (now,)
            )
            count = cursor.rowcount
            cursor.execute("UPDATE queue_destination SET rest_until = 0")
        else:
            for some in database.chunks(numbers):
                count += _due_now(cursor, some, now, by)
    signals.ring(_lanes())
    return count


def cancel(numbers: Iterable[int], reason: str = CANCELLED, by: str = "") -> int:
    """Give up on these; their senders get the failure report they asked for.

    An attempt under way ends as it ends, and is the last.  Says how many messages there were.
    """
    now = time.time()
    files: list[str] = []
    count = 0
    with database.write() as cursor:
        for some in database.chunks(numbers):
            marks = database.marks(some)
            cursor.execute(
                f"UPDATE queue_message SET report = %s, expires_at = 0 WHERE id IN ({marks})"  # noqa: S608
                " RETURNING id",
                [True, *some],
            )
            gone = [row[0] for row in cursor.fetchall()]
            count += len(gone)
            cursor.execute(
                "DELETE FROM queue_recipient WHERE state IN ('queued', 'held')"  # noqa: S608
                f" AND message_id IN ({marks}) AND notify <> '' AND notify NOT LIKE %s",
                [*some, "%FAILURE%"],
            )
            cursor.execute(
                "UPDATE queue_recipient SET state = 'report', action = 'failed', status = '5.0.0',"  # noqa: S608
                " peer = '', command = '', reply = %s, attempted_at = %s"
                f" WHERE state IN ('queued', 'held') AND message_id IN ({marks})",
                [reason, now, *some],
            )
            files += store.remove_finished(cursor, gone)
            store.append_trace(cursor, [_event(one, "cancelled", by, reason) for one in gone])
    spool.unlink(files)
    signals.ring({"report"})
    return count


def _due_now(cursor: CursorWrapper, numbers: Sequence[int], now: float, by: str) -> int:
    marks = database.marks(numbers)
    cursor.execute(
        "UPDATE queue_recipient SET next_attempt_at = %s WHERE state = 'queued'"  # noqa: S608
        f" AND message_id IN ({marks})",
        [now, *numbers],
    )
    count = int(cursor.rowcount)
    cursor.execute(
        "UPDATE queue_destination SET rest_until = 0 WHERE host IN"  # noqa: S608
        f" (SELECT host FROM queue_recipient WHERE message_id IN ({marks}))",
        [*numbers],
    )
    store.append_trace(cursor, [_event(one, "retried", by) for one in numbers])
    return count


def _switch(numbers: Sequence[int], held: bool, old: str, new: str, by: str) -> int:
    count = 0
    with database.write() as cursor:
        for some in database.chunks(numbers):
            marks = database.marks(some)
            cursor.execute(
                f"UPDATE queue_message SET held = %s WHERE id IN ({marks}) AND held <> %s"  # noqa: S608
                " RETURNING id",
                [held, *some, held],
            )
            changed = [row[0] for row in cursor.fetchall()]
            count += len(changed)
            cursor.execute(
                "UPDATE queue_recipient SET state = %s WHERE state = %s"  # noqa: S608
                f" AND message_id IN ({marks})",
                [new, old, *some],
            )
            if not held:  # whatever its attempts died of, it gets a new chance
                cursor.execute(
                    "UPDATE queue_recipient SET attempts = 0 WHERE status = ''"  # noqa: S608
                    f" AND message_id IN ({marks})",
                    some,
                )
            event = "held" if held else "released"
            store.append_trace(cursor, [_event(one, event, by) for one in changed])
    return count


def _lanes() -> set[str]:
    with database.read() as cursor:
        cursor.execute("SELECT DISTINCT transport FROM queue_recipient WHERE state = 'queued'")
        return {row[0] for row in cursor.fetchall()}


def _event(number: int, event: str, by: str, text: str = "") -> TraceEvent:
    return TraceEvent(number, time.time(), event, text=f"{text} ({by})".strip() if by else text)


def _with_recipients(
    cursor: CursorWrapper, messages: Sequence[ClaimedMessage]
) -> list[QueuedMessage]:
    found: dict[int, list[QueuedRecipient]] = {message.id: [] for message in messages}
    for some in database.chunks(found):
        cursor.execute(
            f"SELECT {_RECIPIENT} FROM queue_recipient"  # noqa: S608
            f" WHERE message_id IN ({database.marks(some)}) ORDER BY id",
            some,
        )
        for row in cursor.fetchall():
            found[row[1]].append(QueuedRecipient(*row))
    return [QueuedMessage(message, tuple(found[message.id])) for message in messages]
