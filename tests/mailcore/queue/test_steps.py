"""Each transaction of the queue fails at each of its statements in turn: all of it, or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connections

from mailcore.queue import control, ids, leases, store, verdicts
from mailcore.queue.content import Content
from mailcore.queue.entry import Entry, NewRecipient, Settlement, TraceEvent
from mailcore.queue.models import Content as ContentRow
from mailcore.queue.models import Lease, Message, Recipient, Trace
from mailcore.queue.verdicts import DONE, QUEUED, REPORT, Verdict

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


def entry(**more: Any) -> Entry:
    number = ids.new_id()
    recipients = tuple(
        NewRecipient(ids.new_id(), f"{name}@far.test", "esmtp", "far.test") for name in "abc"
    )
    return Entry(
        id=number, created_at=1.0, expires_at=4e9, warn_at=0, next_attempt_at=1.0,
        reverse_path="x@here.test", source="local", content=Content.of(b"Subject: x\r\n\r\ny\r\n"),
        prefix=b"Received: z\r\n", skip=0, recipients=recipients,
        events=(TraceEvent(number, 1.0, "queued"),), **more,
    )  # fmt: skip


def state() -> list[list[tuple[Any, ...]]]:
    """Every row of the queue."""
    return [
        sorted(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows)
        for rows in (
            model.objects.values_list() for model in (Message, ContentRow, Recipient, Lease, Trace)
        )
    ]


@contextmanager
def failing_at(step: int) -> Iterator[list[int]]:
    """The statement number `step` on the queue's connection fails; yields how many there were."""
    count = [0]

    def wrapper(execute: Callable[..., Any], *arguments: Any) -> Any:
        count[0] += 1
        if count[0] == step:
            raise OperationalError("told to fail")
        return execute(*arguments)

    with connections["queue"].execute_wrapper(wrapper):
        yield count


def each_step(work: Callable[[], Any]) -> int:
    """Fail at the first statement, the second, …, until none is left; returns how many there were.

    After each failure the rows must be as they were before.
    """
    before = state()
    for step in range(1, 50):
        try:
            with failing_at(step) as count:
                work()
        except OperationalError:
            assert state() == before, f"statement {step} left something behind"
            continue
        assert count[0] < step
        return step - 1
    raise AssertionError("it never came through")


def test_enqueue_is_all_or_nothing() -> None:
    assert each_step(lambda: store.enqueue([entry(), entry()])) >= 4
    assert Message.objects.count() == 2
    assert Recipient.objects.count() == 6


def test_claim_and_start_are_all_or_nothing() -> None:
    store.enqueue([entry()])
    granted: list[int] = []

    def claim() -> None:
        granted[:] = leases.claim_planned(
            "esmtp", [("far.test", 10)], now=2.0, slots=9, host_slots=9
        )

    assert each_step(claim) >= 3
    assert Recipient.objects.filter(lease=granted[0], state="attempting").count() == 3
    with failing_at(2), pytest.raises(OperationalError):
        leases.start(granted[0], now=3.0, until=9.0)
    assert Lease.objects.get().started_at is None
    assert leases.start(granted[0], now=3.0, until=9.0) is not None
    assert leases.start(granted[0], now=3.0, until=9.0) is None


def test_resolve_is_all_or_nothing() -> None:
    store.enqueue([entry()])
    [lease] = leases.claim_planned("esmtp", [("far.test", 10)], now=2.0, slots=9, host_slots=9)
    first, second, third = Recipient.objects.order_by("id")
    number = first.message_id
    told = [
        Verdict(first.id, number, DONE, "delivered", "2.0.0"),
        Verdict(second.id, number, QUEUED, "delayed", "4.0.0", next_attempt_at=9.0),
        Verdict(third.id, number, REPORT, "failed", "5.0.0", owes_report=True),
    ]
    event = [TraceEvent(number, 2.0, "delivered")]
    assert each_step(lambda: verdicts.write(lease, told, event, 2.0, last=True)) >= 6
    assert list(Recipient.objects.order_by("id").values_list("state", flat=True)) == [
        "queued",
        "report",
    ]
    assert Message.objects.get().report
    assert not Lease.objects.exists()


def test_a_report_and_the_rows_it_tells_of_are_one() -> None:
    store.enqueue([entry()])
    original = Message.objects.get()
    Message.objects.update(report=True)
    Recipient.objects.update(state="report", action="failed")
    told = tuple(Recipient.objects.values_list("id", flat=True))
    report = entry(settles=Settlement(original.id, told))
    assert each_step(lambda: store.enqueue([report])) >= 6
    assert Message.objects.get().id == report.id
    assert store.enqueue([entry(settles=Settlement(original.id, told))]) == []


def test_cancel_is_all_or_nothing() -> None:
    store.enqueue([entry()])
    number = Message.objects.get().id
    assert each_step(lambda: control.cancel([number])) >= 4


def test_outcomes_of_a_lease_that_was_reaped_change_nothing() -> None:
    store.enqueue([entry()])
    [lease] = leases.claim_planned("esmtp", [("far.test", 10)], now=2.0, slots=9, host_slots=9)
    assert leases.reap(1e6) == 1
    [other] = leases.claim_planned("esmtp", [("far.test", 10)], now=2.0, slots=9, host_slots=9)
    row = Recipient.objects.first()
    assert row is not None
    stale = [Verdict(row.id, row.message_id, QUEUED, "delayed", "4.0.0", next_attempt_at=9.0)]
    verdicts.write(lease, stale, [], 2.0, last=True)
    assert Recipient.objects.filter(lease=other).count() == 3


def test_rows_go_before_their_file(tmp_path: Any) -> None:
    from mailcore.conf.deployment import deployment
    from mailcore.queue.content import ContentWriter

    writer = ContentWriter(deployment().spool, 10)
    writer.write(b"Subject: x\r\n\r\nlonger than ten\r\n")
    content = writer.finish()
    store.enqueue([Entry(**{**_fields(entry()), "content": content})])
    assert content.file is not None
    [lease] = leases.claim_planned("esmtp", [("far.test", 10)], now=2.0, slots=9, host_slots=9)
    done = [
        Verdict(each.id, each.message_id, DONE, "relayed", "2.0.0")
        for each in Recipient.objects.all()
    ]
    with failing_at(4), pytest.raises(OperationalError):
        verdicts.write(lease, done, [], 2.0, last=True)
    assert content.file.exists()
    verdicts.write(lease, done, [], 2.0, last=True)
    assert not content.file.exists()


def _fields(made: Entry) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Entry.__slots__}
