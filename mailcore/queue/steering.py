"""The queue by destination: what waits where and why; send it another way, return it.

For `manage.py queue` and the administration, like `control`, which looks at messages.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from mailcore.queue import database, signals, spool, store
from mailcore.queue.entry import TraceEvent

MOST = 1_000
RETURNED = "Returned by the administrator."


@dataclass(frozen=True, slots=True)
class WaitingHost:
    """Recipients of one host that wait or are on hold; times in seconds since the epoch.

    `oldest` is when the oldest was accepted, `next_attempt_at` when the first is due;
    `rest_until` is 0 for a host that does not rest.
    """

    transport: str
    host: str
    waiting: int
    under_way: int
    oldest: float
    next_attempt_at: float
    last_error: str
    rest_until: float


def hosts(transport: str = "", limit: int = MOST) -> list[WaitingHost]:
    """Every destination with mail, those with most of it first."""
    condition = " AND r.transport = %s" if transport else ""
    with database.read() as cursor:
        cursor.execute(
            "SELECT r.transport, r.host, COUNT(*),"  # noqa: S608 - our own text
            " SUM(CASE WHEN r.state = 'attempting' THEN 1 ELSE 0 END), MIN(m.created_at),"
            " MIN(r.next_attempt_at),"
            " (SELECT e.reply FROM queue_recipient e WHERE e.transport = r.transport"
            "   AND e.host = r.host AND e.attempts > 0 ORDER BY e.attempted_at DESC LIMIT 1),"
            " MAX(COALESCE(d.rest_until, 0))"
            " FROM queue_recipient r JOIN queue_message m ON m.id = r.message_id"
            " LEFT JOIN queue_destination d ON d.transport = r.transport AND d.host = r.host"
            f" WHERE r.state IN ('queued', 'attempting', 'held'){condition}"
            " GROUP BY r.transport, r.host ORDER BY 3 DESC, 2 LIMIT %s",
            [*([transport] if transport else []), limit],
        )
        now = time.time()
        return [
            WaitingHost(
                row[0],
                row[1],
                int(row[2]),
                int(row[3] or 0),
                float(row[4]),
                float(row[5]),
                row[6] or "",
                float(row[7]) if row[7] > now else 0.0,
            )
            for row in cursor.fetchall()
        ]


def retry_host(transport: str, host: str, by: str = "") -> int:
    """Attempt what waits for a host now, though it rests; say how many recipients."""
    now = time.time()
    with database.write() as cursor:
        cursor.execute(
            "UPDATE queue_destination SET rest_until = 0 WHERE transport = %s AND host = %s",
            (transport, host),
        )
        cursor.execute(
            "UPDATE queue_recipient SET next_attempt_at = %s WHERE state = 'queued'"
            " AND transport = %s AND host = %s RETURNING message_id",
            (now, transport, host),
        )
        found = [row[0] for row in cursor.fetchall()]
        _note(cursor, found, "retried", by, host)
    signals.ring({transport})
    return len(found)


def reroute(
    old: tuple[str, str], new: tuple[str, str], by: str = "", numbers: Iterable[int] | None = None
) -> int:
    """Move recipients from one (transport, host) to another, and attempt them now.

    With `numbers` only those of these messages.  Held ones stay held, attempts under way end as
    they end.  Says how many recipients were moved.
    """
    wanted = None if numbers is None else list(numbers)
    moved: list[int] = []
    with database.write() as cursor:
        for some in [None] if wanted is None else database.chunks(wanted):
            among = "" if some is None else f" AND message_id IN ({database.marks(some)})"
            cursor.execute(
                "UPDATE queue_recipient SET transport = %s, host = %s, next_attempt_at = %s"  # noqa: S608
                " WHERE state IN ('queued', 'held') AND transport = %s AND host = %s"
                f"{among} RETURNING message_id",
                [*new, time.time(), *old, *(some or [])],
            )
            moved += [row[0] for row in cursor.fetchall()]
        _note(cursor, moved, "rerouted", by, f"{old[0]} {old[1]} to {new[0]} {new[1]}")
    signals.ring({new[0]})
    return len(moved)


def divert(transport: str, host: str, numbers: Iterable[int]) -> set[str]:
    """Send all that these messages still have for `transport` to `host`, now and only once.

    No warning about them follows.  Returns lanes to wake.
    """
    moved: list[int] = []
    with database.write() as cursor:
        for some in database.chunks(numbers):
            marks = database.marks(some)
            cursor.execute(f"UPDATE queue_message SET warn_at = 0 WHERE id IN ({marks})", some)  # noqa: S608
            cursor.execute(
                "UPDATE queue_recipient SET host = %s, next_attempt_at = %s"  # noqa: S608
                " WHERE state IN ('queued', 'held') AND transport = %s"
                f" AND message_id IN ({marks}) RETURNING message_id",
                [host, time.time(), transport, *some],
            )
            moved += [row[0] for row in cursor.fetchall()]
        _note(cursor, moved, "rerouted", "", f"late; to the backup relay {host}")
    return {transport} if moved else set()


def bounce(numbers: Iterable[int], by: str = "") -> int:
    """Return these to their senders now, with what their last attempt met.

    Unlike cancelled mail, the report tells the other server's last words.  Says how many messages
    there were.
    """
    now = time.time()
    gone: list[int] = []
    files: list[str] = []
    with database.write() as cursor:
        for some in database.chunks(numbers):
            marks = database.marks(some)
            cursor.execute(
                f"UPDATE queue_message SET report = %s, expires_at = 0 WHERE id IN ({marks})"  # noqa: S608
                " RETURNING id",
                [True, *some],
            )
            these = [row[0] for row in cursor.fetchall()]
            cursor.execute(
                "DELETE FROM queue_recipient WHERE state IN ('queued', 'held')"  # noqa: S608
                f" AND message_id IN ({marks}) AND notify <> '' AND notify NOT LIKE %s",
                [*some, "%FAILURE%"],
            )
            cursor.execute(
                "UPDATE queue_recipient SET state = 'report', action = 'failed',"  # noqa: S608
                " status = '5.4.7', attempted_at = %s,"
                " reply = CASE WHEN reply = '' THEN %s ELSE reply END"
                f" WHERE state IN ('queued', 'held') AND message_id IN ({marks})",
                [now, RETURNED, *some],
            )
            files += store.remove_finished(cursor, these)
            gone += these
        _note(cursor, gone, "returned", by, "")
    spool.unlink(files)
    signals.ring({"report"})
    return len(gone)


def _note(cursor: CursorWrapper, numbers: Iterable[int], event: str, by: str, text: str) -> None:
    said = f"{text} ({by})".strip() if by else text
    now = time.time()
    store.append_trace(
        cursor, [TraceEvent(one, now, event, text=said) for one in sorted(set(numbers))]
    )
