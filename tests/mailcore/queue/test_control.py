"""What administrators do to the queue."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from mailcore.delivery import attempt
from mailcore.envelope import Envelope, EnvelopeRecipient, Notify, Path
from mailcore.queue import control, ids, leases, verdicts
from mailcore.queue.content import Content
from mailcore.queue.models import Content as ContentRow
from mailcore.queue.models import Destination, Message, Recipient
from mailcore.queue.verdicts import Verdict
from mailcore.submit.accept import Origin, accept

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


def send(*to: str, notify: frozenset[Notify] = frozenset()) -> int:
    recipients = tuple(EnvelopeRecipient(Path.of(each), notify) for each in to)
    envelope = Envelope(Path.of("bob@here.test"), recipients)
    content = Content.of(b"Subject: x\r\n\r\ny\r\n")
    return accept(envelope, None, content, Origin("local")).result(10).id


def run(*words: str) -> Any:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_listing_finds_by_part_of_any_path() -> None:
    send("ann@far.test", "joe@far.test")
    send("eve@other.test")
    assert [len(each.recipients) for each in control.listing()] == [2, 1]
    assert len(control.listing(address="ANN@far")) == 1
    assert len(control.listing(address="bob@here")) == 2
    assert control.listing(address="100%") == []


def test_held_mail_is_not_attempted_until_released() -> None:
    number = send("ann@far.test")
    assert control.hold([number]) == 1
    assert leases.due("esmtp", 4e9, 10) == ([], {}, set())
    assert control.listing(held=True)[0].id == number
    assert control.release([number]) == 1
    assert [due.host for due in leases.due("esmtp", 4e9, 10)[0]] == ["far.test"]


def test_hold_catches_what_is_being_attempted() -> None:
    number = send("ann@far.test")
    [lease] = leases.claim_planned("esmtp", [("far.test", 10)], now=4e9, slots=9, host_slots=9)
    control.hold([number])
    assert leases.reap(5e9) == 1
    assert lease
    assert Recipient.objects.get().state == "held"


def test_retry_wakes_resting_hosts() -> None:
    number = send("ann@far.test")
    Recipient.objects.update(next_attempt_at=4e9, attempts=2)
    Destination.objects.create(transport="esmtp", host="far.test", rest_until=4e9)
    assert control.retry([number]) == 1
    assert Recipient.objects.get().next_attempt_at < 4e9
    assert Destination.objects.get().rest_until == 0


def test_cancelled_mail_is_reported_with_the_reason() -> None:
    number = send("ann@far.test")
    assert control.cancel([number], "Not today.") == 1
    row = Recipient.objects.get()
    assert (row.state, row.action, row.reply) == ("report", "failed", "Not today.")
    assert Message.objects.get().report


def test_cancelling_what_wants_no_report_just_ends_it() -> None:
    number = send("ann@far.test", notify=frozenset({Notify.NEVER}))
    control.cancel([number])
    assert not Message.objects.exists()
    assert not ContentRow.objects.exists()


def test_an_attempt_under_way_is_the_last_of_a_cancelled_message() -> None:
    number = send("ann@localhost.test")
    [lease] = leases.claim_planned(
        "esmtp", [("localhost.test", 10)], now=4e9, slots=9, host_slots=9
    )
    control.cancel([number])
    from mailcore.conf import current, store

    store.save("queue", {"routes": (":[127.0.0.1],9",)}, by="test")
    current.refresh()
    attempt.run(lease)
    assert Recipient.objects.get().action == "failed"


def test_commands_show_and_change_the_queue() -> None:
    number = ids.text(send("ann@far.test"))
    [row] = json.loads(run("queue", "list", "--json"))
    assert (row["id"], row["to"], row["attempts"]) == (number, "ann@far.test", 0)
    assert "ann@far.test" in run("queue", "show", number)
    assert f"{number}" in run("mailq")
    assert run("mailq", "--batch").endswith(";bob@here.test;queued;ann@far.test\n")
    assert json.loads(run("queue", "hold", number, "--json")) == {"held": 1}
    assert "queued" in run("trace", number)
    assert number in run("trace", "bob@here.test")
    run("cancelmsg", number, "enough", "of", "this")
    assert Recipient.objects.get().reply == "enough of this"


def test_a_message_that_kills_its_workers_is_found_out_and_held() -> None:
    poison = send("poison@far.test")
    for number in range(4):
        send(f"x{number}@far.test")
    [lease] = leases.claim_planned("esmtp", [("far.test", 10)], now=4e9, slots=9, host_slots=9)
    assert leases.start(lease, now=4e9, until=4e9 + 1) is not None
    leases.reap(5e9)  # the worker died: five suspects
    for _ in range(10):
        claim = leases.claim_any("esmtp", now=4e9, until=4e9 + 1, limit=10, slots=9)
        if claim is None:
            break
        assert claim.recipients == 1
        [message] = claim.messages
        if message.id == poison:
            leases.reap(5e9)
        else:
            done = [Verdict(message.recipients[0].id, message.id, "done", "relayed", "2.0.0")]
            verdicts.write(claim.lease, done, [], 4e9, last=True)
    row = Recipient.objects.get()
    assert (row.message_id, row.state, row.attempts) == (poison, "held", 3)
    control.release([poison])
    assert Recipient.objects.get().attempts == 0
