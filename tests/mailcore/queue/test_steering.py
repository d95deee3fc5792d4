"""The queue by destination: look, retry, send another way, return."""

import pytest

from mailcore.envelope import Notify
from mailcore.queue import control, destinations, leases, steering, trace
from mailcore.queue.models import Message, Recipient
from tests.support.outgoing import attempt_all, configure, send
from tests.support.remote import Remote

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


def test_hosts_are_listed_with_what_keeps_them() -> None:
    for _ in range(3):
        send("ann@busy.test")
    send("joe@calm.test")
    destinations.rest("esmtp", "busy.test", 9e9, "dead")
    Recipient.objects.filter(host="busy.test").update(
        attempts=1, attempted_at=5, reply="timed out", status="4.4.1"
    )
    busy, calm = steering.hosts()
    assert (busy.host, busy.waiting, busy.last_error, busy.rest_until) == (
        "busy.test", 3, "timed out", 9e9,
    )  # fmt: skip
    assert (calm.host, calm.waiting, calm.last_error, calm.rest_until) == ("calm.test", 1, "", 0)
    assert steering.hosts("local") == []


def test_a_resting_host_is_retried_on_request() -> None:
    number = send("ann@busy.test")
    destinations.rest("esmtp", "busy.test", 9e9, "dead")
    Recipient.objects.update(next_attempt_at=8e9)
    assert steering.retry_host("esmtp", "busy.test", by="me") == 1
    waiting, _, _ = leases.due("esmtp", 7e9, 10)
    assert [each.host for each in waiting] == ["busy.test"]
    assert trace.life(number)[-1].event == "retried"


def test_what_waits_for_a_host_can_be_sent_another_way() -> None:
    server = Remote()
    configure(routes=(f"relay.test:[127.0.0.1],{server.port}",))
    first, second = send("ann@dead.test"), send("joe@dead.test")
    send("eve@other.test")
    Recipient.objects.update(next_attempt_at=8e9)
    moved = steering.reroute(("esmtp", "dead.test"), ("esmtp", "relay.test"), "me", [first])
    assert moved == 1
    attempt_all()
    assert [mail.rcpts[0].split(" ")[1] for mail in server.mails] == ["TO:<ann@dead.test>"]
    assert steering.reroute(("esmtp", "dead.test"), ("esmtp", "relay.test"), "me") == 1
    attempt_all()
    assert len(server.mails) == 2
    assert "rerouted" in [event.event for event in trace.life(second)]
    assert Recipient.objects.get().forward_path == "eve@other.test"
    server.stop()


def test_mail_is_returned_now_with_the_last_error() -> None:
    number = send("ann@dead.test")
    quiet = send("joe@dead.test", notify=frozenset({Notify.NEVER}))
    Recipient.objects.update(attempts=3, status="4.4.1", reply="timed out")
    assert steering.bounce([number, quiet], by="me") == 2
    row = Recipient.objects.get()
    assert (row.state, row.action, row.status, row.reply) == (
        "report", "failed", "5.4.7", "timed out",
    )  # fmt: skip
    assert [each.id for each in Message.objects.all()] == [number]


def test_a_filter_can_cancel_a_slew_of_copies_before_the_first_attempt() -> None:
    """Courier submitdelay: the pause is there so that this is possible."""
    configure(initial_hold=60)
    numbers = [send("ann@far.test") for _ in range(20)]
    assert attempt_all() == set()
    assert control.cancel(numbers, "Spam.") == 20
    assert {(row.state, row.attempts) for row in Recipient.objects.all()} == {("report", 0)}
