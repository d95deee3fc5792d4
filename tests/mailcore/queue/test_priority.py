"""Mail of a higher priority is attempted first, of a lower one when nothing else waits.  RFC 6710."""

import time

import pytest

from mailcore.bounce import report
from mailcore.queue import leases
from mailcore.queue.models import Message, Recipient
from tests.support.outgoing import attempt_all, configure, send
from tests.support.remote import FULL, Remote

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


def claimed(limit: int = 10) -> list[int]:
    """The priorities of the messages of one claim."""
    now = time.time()
    claim = leases.claim_any("esmtp", now=now, until=now + 60, limit=limit, slots=100)
    return [message.priority for message in claim.messages] if claim else []


def test_the_urgent_go_first_and_the_patient_last() -> None:
    for priority in (-9, 0, 3, 0, 9, -1):
        send("ann@far.test", priority=priority)
    assert sorted(claimed()) == [3, 9]
    assert claimed() == [0, 0]
    assert sorted(claimed()) == [-9, -1]
    assert claimed() == []


def test_among_the_urgent_the_most_urgent_goes_first() -> None:
    for priority in (1, 9, 5, -5, -1, -9):
        send("ann@far.test", priority=priority)
    assert [claimed(1) for _ in range(6)] == [[9], [5], [1], [-1], [-5], [-9]]


def test_a_host_with_urgent_mail_is_planned_before_those_that_waited_longer() -> None:
    for host, priority in (("patient.test", -3), ("plain.test", 0), ("urgent.test", 2)):
        send(f"ann@{host}", priority=priority)
    waiting, _, _ = leases.due("esmtp", time.time(), 10)
    assert [due.host for due in waiting] == ["urgent.test", "plain.test", "patient.test"]


@pytest.mark.parametrize("offers", [True, False])
def test_the_next_server_is_told_if_it_wants_to_know(offers: bool) -> None:
    server = Remote(extensions=(*FULL, "MT-PRIORITY") if offers else FULL)
    configure(routes=(f"far.test:[127.0.0.1],{server.port}",))
    try:
        send("ann@far.test", priority=-4)
        attempt_all()
    finally:
        server.stop()
    assert (" MT-PRIORITY=-4" in server.mails[0].mail) is offers
    assert b"PRIORITY -4;" in server.mails[0].data


def test_a_report_is_as_urgent_as_its_message() -> None:
    server = Remote(answers={"RCPT": "550 no"})
    configure(routes=(f"far.test:[127.0.0.1],{server.port}",))
    try:
        send("ann@far.test", priority=7)
        attempt_all()
    finally:
        server.stop()
    report.send_due()
    assert [row.priority for row in Message.objects.all()] == [7]
    assert [row.priority for row in Recipient.objects.all()] == [7]
