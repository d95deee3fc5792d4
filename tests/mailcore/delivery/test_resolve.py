"""What an outcome means: NOTIFY, expiry, lateness.  COURIER retries, RFC 3461 §4.1."""

from dataclasses import replace

import pytest

from mailcore import status
from mailcore.conf.schema.queue import Queue
from mailcore.delivery.resolve import judge
from mailcore.queue.claimed import ClaimedMessage, ClaimedRecipient
from mailcore.transports.contract import (
    DEFERRED,
    DELIVERED,
    FAILED,
    PASSED,
    RELAYED,
    Outcome,
)

NOW = 1_000.0
SETTINGS = Queue()
RECIPIENT = ClaimedRecipient(2, 1, "x@far.test", "", "", "far.test", 0)
MESSAGE = ClaimedMessage(
    1, 0.0, 9e9, 9e9, "a@here.test", "local", "", "", "", 10, 0, b"", "", False, False, "", "",
    False, "", False, (RECIPIENT,),
)  # fmt: skip


def outcome(action: str, notify: str = "", attempts: int = 0, **message: object) -> Outcome:
    code = {FAILED: status.NO_SUCH_MAILBOX, DEFERRED: status.NO_ANSWER}.get(action, status.OK)
    recipient = replace(RECIPIENT, notify=notify, attempts=attempts)
    return Outcome(replace(MESSAGE, **message), recipient, action, code, "said")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "notify", "state"),
    [
        (DELIVERED, "", "done"),
        (DELIVERED, "SUCCESS", "report"),
        (DELIVERED, "FAILURE,DELAY", "done"),
        (RELAYED, "FAILURE,SUCCESS", "report"),
        (PASSED, "SUCCESS", "done"),
        (FAILED, "", "report"),
        (FAILED, "FAILURE", "report"),
        (FAILED, "SUCCESS", "done"),
        (FAILED, "NEVER", "done"),
        (DEFERRED, "NEVER", "queued"),
    ],
)
def test_notify_decides_who_is_told(action: str, notify: str, state: str) -> None:
    verdict = judge(outcome(action, notify), SETTINGS, NOW)
    assert verdict.state == state
    assert verdict.owes_report == (state == "report")


@pytest.mark.parametrize(("notify", "state"), [("", "report"), ("NEVER", "done")])
def test_mail_whose_time_is_over_fails(notify: str, state: str) -> None:
    verdict = judge(outcome(DEFERRED, notify, expires_at=NOW), SETTINGS, NOW)
    assert (verdict.state, verdict.action, verdict.status) == (state, "failed", "5.4.7")


def test_deferred_mail_waits_by_the_number_of_its_attempts() -> None:
    waits = [
        judge(outcome(DEFERRED, attempts=number), SETTINGS, NOW).next_attempt_at - NOW
        for number in range(4)
    ]
    assert waits == [300, 300, 1800, 300]


@pytest.mark.parametrize(
    ("notify", "default", "told"),
    [("", True, True), ("", False, False), ("DELAY", False, True), ("FAILURE", True, False),
     ("NEVER", True, False)],
)  # fmt: skip
def test_lateness_is_told_to_who_wants_it(notify: str, default: bool, told: bool) -> None:
    settings = replace(SETTINGS, dsn_default_delay=default)
    verdict = judge(outcome(DEFERRED, notify, warn_at=NOW), settings, NOW)
    assert (verdict.state, verdict.owes_report) == ("queued", told)
