"""Reports owed: which messages, and what there is to tell about their recipients."""

from dataclasses import dataclass

from mailcore.queue import database
from mailcore.queue.claimed import MESSAGE_COLUMNS, ClaimedMessage

FIRST_ATTEMPTS_WITHIN = 900.0  # seconds a report waits for the message's other recipients


@dataclass(frozen=True, slots=True)
class Told:
    """A recipient a DSN has to mention; `state` is report, or queued when merely late."""

    id: int
    forward_path: str
    orcpt: str
    notify: str
    state: str
    action: str
    status: str
    peer: str
    command: str
    reply: str
    attempted_at: float


def owed(now: float, limit: int = 200) -> list[int]:
    """Messages a DSN is owed for, once no attempt is under way.

    One DSN tells of all recipients of an attempt cycle, so it also waits, a while, for those
    that are about to be attempted for the first time.
    """
    with database.read() as cursor:
        cursor.execute(
            "SELECT m.id FROM queue_message m WHERE m.report = %s AND NOT EXISTS"
            " (SELECT 1 FROM queue_recipient r WHERE r.message_id = m.id AND"
            "  (r.state = 'attempting' OR (r.state = 'queued' AND r.attempts = 0"
            "   AND r.next_attempt_at <= %s AND m.created_at > %s)))"
            " ORDER BY m.id LIMIT %s",
            (True, now, now - FIRST_ATTEMPTS_WITHIN, limit),
        )
        return [row[0] for row in cursor.fetchall()]


def load(number: int) -> tuple[ClaimedMessage, list[Told]] | None:
    """The message, with the recipients to tell about: reportable ones, and those delayed."""
    with database.read() as cursor:
        cursor.execute(
            f"SELECT {MESSAGE_COLUMNS} FROM queue_message WHERE id = %s",  # noqa: S608
            (number,),
        )
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute(
            "SELECT id, forward_path, orcpt, notify, state, action, status, peer, command, reply,"
            " attempted_at FROM queue_recipient WHERE message_id = %s"
            " AND (state = 'report' OR (state IN ('queued', 'held') AND action = 'delayed'))"
            " ORDER BY id",
            (number,),
        )
        return ClaimedMessage.of(row, ()), [Told(*each) for each in cursor.fetchall()]
