"""Write entries to the queue's tables.  One call is one transaction."""

from collections.abc import Sequence
from operator import attrgetter

from django.db.backends.utils import CursorWrapper

from mailcore.queue import archive, database, spool
from mailcore.queue.entry import Entry, NewRecipient, Settlement, TraceEvent

_MESSAGE = """
    id created_at expires_at warn_at reverse_path source auth_identity listener received_from
    size skip prefix file eight_bit smtputf8 ret envid verp minimum_security priority held report
""".split()  # noqa: SIM905 - read as a column list
_RECIPIENT = """
    id message_id forward_path orcpt notify transport host state next_attempt_at attempts lease
    action status peer command reply attempted_at priority
""".split()  # noqa: SIM905
_TRACE = "message_id at event address status peer text".split()  # noqa: SIM905

_trace_values = attrgetter(*_TRACE)


def enqueue(entries: Sequence[Entry], events: Sequence[TraceEvent] = ()) -> list[Entry]:
    """Write all of it durably; return what was written.

    Everything is, but a report that another process has already sent.  Raises the database's
    errors, and then nothing was written.
    """
    files: list[str] = []
    with database.write() as cursor:
        kept = [e for e in entries if e.settles is None or _settle(cursor, e.settles, files)]
        database.insert(cursor, "queue_message", _MESSAGE, [_message(e) for e in kept])
        database.insert(
            cursor,
            "queue_content",
            ("id", "data"),
            [(e.id, e.content.data) for e in kept if e.content.data is not None],
        )
        database.insert(
            cursor,
            "queue_recipient",
            _RECIPIENT,
            [_recipient(entry, each) for entry in kept for each in entry.recipients],
        )
        told = [event for entry in kept for event in entry.events]
        append_trace(cursor, [*told, *events])
    spool.unlink(files)
    return kept


def settle(debt: Settlement) -> bool:
    """Pay a debt for which no message is sent; False when it was paid before."""
    files: list[str] = []
    with database.write() as cursor:
        paid = _settle(cursor, debt, files)
    spool.unlink(files)
    return paid


def append_trace(cursor: CursorWrapper, events: Sequence[TraceEvent]) -> None:
    """Add history to a transaction under way."""
    database.insert(cursor, "queue_trace", _TRACE, [_trace_values(event) for event in events])


def remove_finished(cursor: CursorWrapper, messages: Sequence[int]) -> list[str]:
    """Delete those of `messages` that have no recipient left; return their files' names.

    Unlink the files after the commit, not before.  What is to be known of them for ever
    must be in the trace by now.
    """
    archive.keep(cursor, messages)
    files: list[str] = []
    for some in database.chunks(messages):
        cursor.execute(
            "DELETE FROM queue_message WHERE id IN"  # noqa: S608 - placeholders only
            f" ({database.marks(some)}) AND NOT EXISTS (SELECT 1 FROM queue_recipient"
            " WHERE queue_recipient.message_id = queue_message.id) RETURNING id, file",
            some,
        )
        gone = cursor.fetchall()
        files += [file for _, file in gone if file]
        rows = [number for number, file in gone if not file]
        if rows:
            cursor.execute(
                f"DELETE FROM queue_content WHERE id IN ({database.marks(rows)})",  # noqa: S608
                rows,
            )
    return files


def _settle(cursor: CursorWrapper, debt: Settlement, files: list[str]) -> bool:
    """Pay the debt in this transaction, adding spool files to unlink; False if paid before."""
    cursor.execute(
        "UPDATE queue_message SET report = %s WHERE id = %s AND report = %s",
        (False, debt.message_id, True),
    )
    if cursor.rowcount != 1:
        return False
    if debt.warned:
        cursor.execute("UPDATE queue_message SET warn_at = 0 WHERE id = %s", (debt.message_id,))
    for some in database.chunks(debt.reported):
        cursor.execute(
            f"DELETE FROM queue_recipient WHERE id IN ({database.marks(some)})"  # noqa: S608
            " AND state = 'report'",
            some,
        )
    append_trace(cursor, debt.events)
    files += remove_finished(cursor, [debt.message_id])
    return True


def _message(entry: Entry) -> tuple[object, ...]:
    return (
        entry.id,
        entry.created_at,
        entry.expires_at,
        entry.warn_at,
        entry.reverse_path,
        entry.source,
        entry.auth_identity,
        entry.listener,
        entry.received_from,
        entry.size,
        entry.skip,
        entry.prefix,
        entry.content.name,
        entry.eight_bit,
        entry.smtputf8,
        entry.ret,
        entry.envid,
        entry.verp,
        entry.minimum_security,
        entry.priority,
        entry.held,
        entry.report,
    )


def _recipient(entry: Entry, each: NewRecipient) -> tuple[object, ...]:
    state = "held" if entry.held and each.state == "queued" else each.state
    return (
        each.id,
        entry.id,
        each.forward_path,
        each.orcpt,
        each.notify,
        each.transport,
        each.host,
        state,
        entry.next_attempt_at,
        0,
        0,
        each.action,
        each.status,
        "",
        "",
        each.reply,
        entry.created_at if each.action else 0,
        entry.priority,
    )
