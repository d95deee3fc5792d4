"""Claim, start, load, reap.  Each is one conditional UPDATE and what belongs to it.

The queue's only rule for concurrency: a recipient is attempted by whoever put it under a lease,
and only while that lease stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from mailcore.queue import database, forsaken, ids, owners
from mailcore.queue.claimed import (
    MESSAGE_COLUMNS,
    RECIPIENT_COLUMNS,
    Claim,
    ClaimedMessage,
    ClaimedRecipient,
)

START_WITHIN = 120.0  # seconds for a task to begin under its lease
SLOW_AFTER = 2.0  # seconds; a host that holds a batch for longer is slow just now
MOST_CRASHES = 3  # attempts that died under a recipient before it is put on hold

# An attempt that dies leaves no outcome.  Whoever was in it is attempted alone from then on, so
# that one message that kills its worker is found out, and keeps nobody else from delivery.
_SUSPECT = "attempts > 0 AND status = ''"

# What has a priority comes before everything else, or behind it.  RFC 6710.  Asked for one after
# the other: each finds its rows in an index, however long the queue.
_BANDS = (
    ("priority > 0", "priority DESC, next_attempt_at, id"),
    ("priority = 0", "next_attempt_at, id"),
    ("priority < 0", "priority DESC, next_attempt_at, id"),
)


@dataclass(frozen=True, slots=True)
class Due:
    """Recipients waiting for one host: how many, and since when the oldest."""

    host: str
    waiting: int
    oldest: float


def claim_any(transport: str, *, now: float, until: float, limit: int, slots: int) -> Claim | None:
    """Claim and start the oldest due recipients whatever their host; None: nothing, or no slot.

    For transports whose batches span hosts, as local mail spans accounts.
    """
    give_back()
    lease = ids.new_id()
    with forsaken.unless_begun(lease):
        with database.write() as cursor:
            _serialise(cursor, transport)
            cursor.execute("SELECT COUNT(*) FROM queue_lease WHERE transport = %s", (transport,))
            if cursor.fetchone()[0] >= slots:
                return None
            rows = _take_some(cursor, lease, transport, None, now, limit)
            if not rows:
                return None
            _grant(cursor, lease, transport, "", now, now, until)
        return _claim(lease, transport, "", until, rows)


def due(transport: str, now: float, limit: int) -> tuple[list[Due], dict[str, int], set[str]]:
    """Hosts with due recipients; the leases held per host; slow hosts.

    The most urgent come first, then those that wait longest; hosts that rest are left out.  Slow
    is who was slow lately, or holds a batch for long.
    """
    with database.read() as cursor:
        cursor.execute(
            "SELECT host, COUNT(*), MIN(next_attempt_at), MAX(priority) FROM queue_recipient"
            " WHERE state = 'queued' AND transport = %s AND next_attempt_at <= %s"
            " AND host NOT IN (SELECT host FROM queue_destination"
            "   WHERE transport = %s AND rest_until > %s)"
            " GROUP BY host ORDER BY 4 DESC, 3 LIMIT %s",
            (transport, now, transport, now, limit),
        )
        waiting = [Due(*row[:3]) for row in cursor.fetchall()]
        cursor.execute(
            "SELECT host FROM queue_lease WHERE transport = %s AND started_at < %s"
            " UNION SELECT host FROM queue_destination WHERE transport = %s AND slow_until > %s",
            (transport, now - SLOW_AFTER, transport, now),
        )
        slow = {row[0] for row in cursor.fetchall()}
        return waiting, _held(cursor, transport), slow


def claim_planned(
    transport: str, wanted: Sequence[tuple[str, int]], *, now: float, slots: int, host_slots: int
) -> list[int]:
    """Claim up to `limit` recipients for each (host, limit); return the leases granted.

    The slots are counted again inside the transaction, so two planners can't exceed them.
    """
    granted: list[int] = []
    with database.write() as cursor:
        _serialise(cursor, transport)
        held = _held(cursor, transport)
        total = sum(held.values())
        for host, limit in wanted:
            if total >= slots:
                break
            if held.get(host, 0) >= host_slots:
                continue
            lease = ids.new_id()
            if _take_some(cursor, lease, transport, host, now, limit):
                _grant(cursor, lease, transport, host, now, None, now + START_WITHIN)
                granted.append(lease)
                held[host] = held.get(host, 0) + 1
                total += 1
    return granted


def start(lease: int, *, now: float, until: float) -> Claim | None:
    """Begin the attempt under `lease`; None when another run has, or it has expired."""
    with database.write() as cursor:
        cursor.execute(
            "UPDATE queue_lease SET started_at = %s, expires_at = %s, owner = %s"
            " WHERE id = %s AND started_at IS NULL AND expires_at > %s RETURNING transport, host",
            (now, until, owners.mine(), lease, now),
        )
        found = cursor.fetchone()
        if found is None:
            return None
        cursor.execute(
            f"SELECT {RECIPIENT_COLUMNS} FROM queue_recipient"  # noqa: S608
            " WHERE lease = %s AND state = 'attempting' ORDER BY id",
            (lease,),
        )
        rows = [ClaimedRecipient(*row) for row in cursor.fetchall()]
    return _claim(lease, found[0], found[1], until, rows)


def give_back() -> None:
    """The recipients of this process's forsaken leases are due again."""
    leases = forsaken.waiting()
    if leases:
        with database.write() as cursor:
            cursor.execute(
                f"DELETE FROM queue_lease WHERE id IN ({database.marks(leases)})"  # noqa: S608
                " AND owner IN ('', %s) RETURNING id",
                [*leases, owners.mine()],
            )
            gone = [lease for (lease,) in cursor.fetchall()]
            if gone:
                _put_back(cursor, gone)
        forsaken.forget(leases)


def reap(now: float) -> int:
    """Put back the recipients of leases that have expired, or whose process has died on this
    machine; say how many leases were dead."""
    give_back()
    with database.read() as cursor:
        cursor.execute("SELECT id, expires_at, owner FROM queue_lease")
        dead = [
            lease
            for lease, until, owner in cursor.fetchall()
            if until <= now or (owner and owners.is_dead(owner))
        ]
    if not dead:
        return 0
    with database.write() as cursor:
        cursor.execute(
            f"DELETE FROM queue_lease WHERE id IN ({database.marks(dead)})"  # noqa: S608
            " RETURNING id, started_at",
            dead,
        )
        gone = cursor.fetchall()
        started = [lease for lease, at in gone if at is not None]
        if started:
            _count_crash(cursor, started)
        if gone:
            _put_back(cursor, [lease for lease, _ in gone])
    return len(gone)


def lanes_due(now: float) -> set[str]:
    """The transports that have something to do, and "report" when a DSN is owed."""
    with database.read() as cursor:
        cursor.execute(
            "SELECT DISTINCT transport FROM queue_recipient"
            " WHERE state = 'queued' AND next_attempt_at <= %s",
            (now,),
        )
        lanes = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT 1 FROM queue_message WHERE report = %s LIMIT 1", (True,))
        if cursor.fetchone():
            lanes.add("report")
    return lanes


def is_due(transport: str, now: float) -> bool:
    with database.read() as cursor:
        cursor.execute(
            "SELECT 1 FROM queue_recipient WHERE state = 'queued' AND transport = %s"
            " AND next_attempt_at <= %s LIMIT 1",
            (transport, now),
        )
        return cursor.fetchone() is not None


def _take_some(
    cursor: CursorWrapper, lease: int, transport: str, host: str | None, now: float, limit: int
) -> list[ClaimedRecipient]:
    """A batch of the highest priority there is, or one suspect alone.

    Every other time the suspects come first.
    """
    for suspects in (True, False) if lease & 1 else (False, True):
        some = 1 if suspects else limit
        for band in _BANDS:
            rows = _take(cursor, lease, transport, host, now, some, band, suspects=suspects)
            if rows:
                return rows
    return []


def _take(
    cursor: CursorWrapper,
    lease: int,
    transport: str,
    host: str | None,
    now: float,
    limit: int,
    band: tuple[str, str],
    *,
    suspects: bool,
) -> list[ClaimedRecipient]:
    """Put due recipients of a band under `lease`: those beyond suspicion, or those that are not."""
    among, order = band
    which = _SUSPECT if suspects else f"NOT ({_SUSPECT})"
    locked = " FOR UPDATE SKIP LOCKED" if database.is_postgresql() else ""
    for_host = "" if host is None else " AND host = %s"
    cursor.execute(
        "UPDATE queue_recipient SET state = 'attempting', lease = %s"  # noqa: S608 - our own text
        " WHERE id IN (SELECT id FROM queue_recipient WHERE state = 'queued'"
        f" AND transport = %s{for_host} AND next_attempt_at <= %s AND {which}"
        f" AND {among} ORDER BY {order} LIMIT %s{locked}) RETURNING {RECIPIENT_COLUMNS}",
        [lease, transport, *([] if host is None else [host]), now, limit],
    )
    return [ClaimedRecipient(*row) for row in cursor.fetchall()]


def _grant(
    cursor: CursorWrapper,
    lease: int,
    transport: str,
    host: str,
    now: float,
    started: float | None,
    until: float,
) -> None:
    cursor.execute(
        "INSERT INTO queue_lease"
        " (id, transport, host, claimed_at, started_at, expires_at, owner)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (lease, transport, host, now, started, until, owners.mine() if started else ""),
    )


def _held(cursor: CursorWrapper, transport: str) -> dict[str, int]:
    cursor.execute(
        "SELECT host, COUNT(*) FROM queue_lease WHERE transport = %s GROUP BY host", (transport,)
    )
    return dict(cursor.fetchall())


def _count_crash(cursor: CursorWrapper, leases: Sequence[int]) -> None:
    """An attempt that was begun and never ended counts; after some, the message is on hold."""
    cursor.execute(
        "UPDATE queue_recipient SET attempts = attempts + 1"  # noqa: S608
        f" WHERE state = 'attempting' AND lease IN ({database.marks(leases)})",
        leases,
    )
    cursor.execute(
        "UPDATE queue_message SET held = %s WHERE id IN (SELECT message_id FROM queue_recipient"  # noqa: S608
        f" WHERE status = '' AND attempts >= %s AND lease IN ({database.marks(leases)}))",
        [True, MOST_CRASHES, *leases],
    )


def _put_back(cursor: CursorWrapper, leases: Sequence[int]) -> None:
    """The recipients of dead leases are due again; those of held messages are held.

    Their time had come when they were claimed, so it stays as it is.
    """
    cursor.execute(
        "UPDATE queue_recipient SET lease = 0, state = CASE WHEN EXISTS"  # noqa: S608
        " (SELECT 1 FROM queue_message m WHERE m.id = queue_recipient.message_id AND m.held)"
        " THEN 'held' ELSE 'queued' END"
        f" WHERE state = 'attempting' AND lease IN ({database.marks(leases)})",
        leases,
    )


def _serialise(cursor: CursorWrapper, transport: str) -> None:
    """Let one planner at a time count slots.  SQLite writers take turns anyway."""
    if database.is_postgresql():
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", ("courier:" + transport,))


def _claim(
    lease: int, transport: str, host: str, until: float, rows: Iterable[ClaimedRecipient]
) -> Claim:
    """Read the messages of the claimed recipients."""
    by_message: dict[int, list[ClaimedRecipient]] = {}
    for row in rows:
        by_message.setdefault(row.message_id, []).append(row)
    messages: list[ClaimedMessage] = []
    with database.read() as cursor:
        for some in database.chunks(by_message):
            cursor.execute(
                f"SELECT {MESSAGE_COLUMNS} FROM queue_message"  # noqa: S608
                f" WHERE id IN ({database.marks(some)}) ORDER BY id",
                some,
            )
            messages += [
                ClaimedMessage.of(row, tuple(by_message[row[0]])) for row in cursor.fetchall()
            ]
    return Claim(lease, transport, host, until, tuple(messages))


def contents(numbers: Iterable[int]) -> dict[int, bytes]:
    """The bytes of messages whose content is a row, with one query."""
    found: dict[int, bytes] = {}
    with database.read() as cursor:
        for some in database.chunks(numbers):
            cursor.execute(
                f"SELECT id, data FROM queue_content WHERE id IN ({database.marks(some)})",  # noqa: S608
                some,
            )
            found.update((number, bytes(data)) for number, data in cursor.fetchall())
    return found
