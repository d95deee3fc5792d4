"""Write what became of attempted recipients.  One call is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from mailcore.queue import database, spool, store
from mailcore.queue.entry import TraceEvent


@dataclass(frozen=True, slots=True)
class Verdict:
    """One recipient's new state after an attempt.

    DONE: the row goes.  QUEUED: again at `next_attempt_at`.  REPORT: a DSN will tell, then the
    row goes.  With a `transport` it is queued there, at once and as if it had not been attempted.
    `action` is RFC 3464's; status, peer, command and reply are what it will say.
    """

    recipient: int
    message_id: int
    state: str
    action: str
    status: str
    peer: str = ""
    command: str = ""
    reply: str = ""
    next_attempt_at: float = 0.0
    owes_report: bool = False
    transport: str = ""


DONE, QUEUED, REPORT = "done", "queued", "report"


def write(
    lease: int, verdicts: Sequence[Verdict], events: Sequence[TraceEvent], now: float, *, last: bool
) -> set[str]:
    """Settle attempted recipients; `last` gives the lease back.  Returns lanes to wake.

    Recipients that are no longer under this lease (it expired and was reaped) are left as they
    are: somebody else attempts them now.
    """
    files: list[str] = []
    done = [each.recipient for each in verdicts if each.state == DONE]
    moved = [each for each in verdicts if each.transport]
    other = [each for each in verdicts if each.state != DONE and not each.transport]
    reports = {each.message_id for each in verdicts if each.owes_report}
    with database.write() as cursor:
        for some in database.chunks(done):
            cursor.execute(
                f"DELETE FROM queue_recipient WHERE id IN ({database.marks(some)})"  # noqa: S608
                " AND lease = %s",
                [*some, lease],
            )
        if other:
            _update(cursor, lease, other, now)
        if moved:
            _move(cursor, lease, moved, now)
        for some in database.chunks(reports):
            cursor.execute(
                "UPDATE queue_message SET report = %s WHERE id IN"  # noqa: S608
                f" ({database.marks(some)})",
                [True, *some],
            )
        store.append_trace(cursor, events)
        finished = {each.message_id for each in verdicts if each.state == DONE}
        files = store.remove_finished(cursor, list(finished))
        if last:
            cursor.execute("DELETE FROM queue_lease WHERE id = %s", (lease,))
            _release_rest(cursor, lease)
    spool.unlink(files)
    lanes = {each.transport for each in moved}
    return lanes | {"report"} if reports else lanes


def _update(cursor: CursorWrapper, lease: int, verdicts: Sequence[Verdict], now: float) -> None:
    cursor.executemany(
        "UPDATE queue_recipient SET state = CASE WHEN %s = 'queued' AND EXISTS"
        " (SELECT 1 FROM queue_message m WHERE m.id = queue_recipient.message_id AND m.held)"
        " THEN 'held' ELSE %s END,"
        " lease = 0, attempts = attempts + 1, next_attempt_at = %s, action = %s, status = %s,"
        " peer = %s, command = %s, reply = %s, attempted_at = %s"
        " WHERE id = %s AND lease = %s",
        [
            (
                each.state,
                each.state,
                each.next_attempt_at or now,
                each.action,
                each.status,
                each.peer[:320],
                each.command,
                each.reply,
                now,
                each.recipient,
                lease,
            )
            for each in verdicts
        ],
    )


def _move(cursor: CursorWrapper, lease: int, verdicts: Sequence[Verdict], now: float) -> None:
    cursor.executemany(
        "UPDATE queue_recipient SET state = CASE WHEN EXISTS"
        " (SELECT 1 FROM queue_message m WHERE m.id = queue_recipient.message_id AND m.held)"
        " THEN 'held' ELSE 'queued' END, lease = 0, transport = %s, next_attempt_at = %s"
        " WHERE id = %s AND lease = %s",
        [(each.transport, now, each.recipient, lease) for each in verdicts],
    )


def _release_rest(cursor: CursorWrapper, lease: int) -> None:
    """Recipients of which the attempt said nothing are due again."""
    cursor.execute(
        "UPDATE queue_recipient SET state = 'queued', lease = 0"
        " WHERE lease = %s AND state = 'attempting'",
        (lease,),
    )
