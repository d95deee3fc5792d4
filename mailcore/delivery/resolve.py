"""Outcomes → verdicts → rows: the only place that decides what an outcome means for the queue."""

import time
from collections.abc import Sequence
from dataclasses import replace

from django.db.utils import Error as DatabaseError

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.schema.queue import Queue
from mailcore.delivery import retry
from mailcore.delivery.retry import Schedule
from mailcore.policy import lessons
from mailcore.policy.lessons import Experience
from mailcore.queue import database, steering, verdicts
from mailcore.queue.entry import TraceEvent
from mailcore.queue.verdicts import DONE, QUEUED, REPORT, Verdict
from mailcore.status import DELIVERY_TIME_EXPIRED
from mailcore.transports.contract import (
    DEFERRED,
    DELIVERED,
    FAILED,
    MOVED,
    PASSED,
    RELAYED,
    Outcome,
)

PATIENCE = (0.2, 1.0, 3.0, 10.0, 20.0, 30.0)  # seconds between tries to write what happened

_log = log.get("delivery")


def resolve(
    lease: int, outcomes: Sequence[Outcome], settings: Queue, *, last: bool, backup: str = ""
) -> set[str]:
    """Write what happened to the recipients of a lease; `last` ends it.  Returns lanes to wake.

    With a `backup` relay, late mail goes there instead of a warning to its sender.

    When the database is away this waits for it a while: mail that was delivered and isn't
    written down is delivered twice.
    """
    now = time.time()
    decided = [judge(outcome, settings, now, warn=not backup) for outcome in outcomes]
    attempted = [outcome for outcome in outcomes if outcome.action != MOVED]
    events = [event for outcome in attempted for event in _events(outcome, now)]
    for pause in (*PATIENCE, None):
        try:
            woken = verdicts.write(lease, decided, events, now, last=last)
            if backup:
                woken |= _divert(outcomes, backup, now)
            told = [_experience(one) for one in attempted if one.is_lesson]
            lessons.learn(told, snapshot())
            return woken
        except (DatabaseError, OSError) as problem:
            _log.error("resolve.failed", lease=lease, error=repr(problem), again_in=pause)
            database.close()
            if pause is None:
                raise
            time.sleep(pause)
    raise AssertionError("unreachable")


def _divert(outcomes: Sequence[Outcome], backup: str, now: float) -> set[str]:
    """Hand what is late of other servers' mail to the backup relay, once.  Courier backuprelay."""
    late = {
        outcome.message.id
        for outcome in outcomes
        if outcome.action == DEFERRED
        and outcome.recipient.host != backup
        and retry.is_late(outcome.message.warn_at, now)
    }
    return steering.divert("esmtp", backup, late) if late else set()


def judge(outcome: Outcome, settings: Queue, now: float, *, warn: bool = True) -> Verdict:
    """What an outcome means.  Expiry and warning are looked at here, at an attempt's end."""
    message, recipient = outcome.message, outcome.recipient
    notify = recipient.notify
    if outcome.action == MOVED:
        return Verdict(recipient.id, message.id, QUEUED, "", "", transport=outcome.transport)
    if outcome.action in (DELIVERED, RELAYED, PASSED):
        told = "SUCCESS" in notify and outcome.action != PASSED
        return _verdict(outcome, REPORT if told else DONE, outcome.action)
    wanted = not notify or "FAILURE" in notify
    if outcome.action == FAILED:
        return _verdict(outcome, REPORT if wanted else DONE, FAILED)
    if retry.has_expired(message.expires_at, now):
        outcome = replace(outcome, status=DELIVERY_TIME_EXPIRED.as_permanent())
        return _verdict(outcome, REPORT if wanted else DONE, FAILED)
    assert outcome.action == DEFERRED
    wants = "DELAY" in notify or (not notify and settings.dsn_default_delay)
    late = warn and wants and retry.is_late(message.warn_at, now)
    schedule = Schedule(
        settings.retry_alpha, settings.retry_beta, settings.retry_gamma, settings.retry_maxdelta
    )
    again = now + retry.pause(recipient.attempts + 1, schedule)
    return _verdict(outcome, QUEUED, "delayed", again, owes_report=late)


def _verdict(
    outcome: Outcome, state: str, action: str, again: float = 0.0, *, owes_report: bool = False
) -> Verdict:
    return Verdict(
        recipient=outcome.recipient.id,
        message_id=outcome.message.id,
        state=state,
        action=action,
        status=str(outcome.status),
        peer=outcome.peer,
        command=outcome.command,
        reply=outcome.reply,
        next_attempt_at=again,
        owes_report=owes_report or state == REPORT,
    )


def _experience(outcome: Outcome) -> Experience:
    message = outcome.message
    return Experience(
        source=message.source,
        reverse_path=message.reverse_path,
        address=outcome.recipient.forward_path,
        delivered=outcome.action in (DELIVERED, RELAYED, PASSED),
        failed=outcome.action == FAILED,
        status=outcome.status,
        reply=outcome.reply,
        refused_at=outcome.command if outcome.peer else "",
        retried=outcome.recipient.attempts > 0,
    )


def _events(outcome: Outcome, now: float) -> list[TraceEvent]:
    event = TraceEvent(
        message_id=outcome.message.id,
        at=now,
        event=outcome.event or (RELAYED if outcome.action == PASSED else outcome.action),
        address=outcome.recipient.forward_path.lower(),
        status=str(outcome.status),
        peer=outcome.peer[:320],
        text=outcome.note or outcome.reply,
    )
    if not outcome.transcript:
        return [event]
    said = TraceEvent(
        outcome.message.id, now, "dialogue", peer=outcome.peer[:320], text=outcome.transcript
    )
    return [said, event]
