"""What Courier peers offer each other: XVERP, XEXDATA."""

import pytest

from mailcore.envelope import Path
from mailcore.queue import trace
from mailcore.queue.models import Recipient
from tests.support.outgoing import Start, attempt_all, send
from tests.support.remote import FULL

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

LIST = Path.of("list-return@example.test")
COURIER = (*FULL, "XVERP=Courier", "XEXDATA")


def test_a_courier_peer_encodes_verp_itself(remote: Start) -> None:
    server = remote(extensions=COURIER)
    send("ann@far.test", "joe@far.test", reverse_path=LIST, verp=True)
    attempt_all()
    (mail,) = server.mails
    assert mail.mail.startswith("MAIL FROM:<list-return@example.test> BODY=7BIT VERP SIZE=")
    assert len(mail.rcpts) == 2


@pytest.mark.parametrize("offer", ["XVERP", "XVERP=Sendmail", "XVERP=courier", "VERP"])
def test_any_other_verp_is_not_trusted(remote: Start, offer: str) -> None:
    server = remote(extensions=(*FULL, offer))
    send("ann@far.test", "joe@far.test", reverse_path=LIST, verp=True)
    attempt_all()
    assert [mail.mail.split(">")[0] for mail in server.mails] == [
        "MAIL FROM:<list-return-ann=far.test@example.test",
        "MAIL FROM:<list-return-joe=far.test@example.test",
    ]


def answers() -> dict[str, tuple[str, str, str]]:
    return {
        row.forward_path.split("@")[0]: (row.state, row.action, row.status)
        for row in Recipient.objects.all()
    }


def test_each_recipient_has_an_answer_of_its_own(remote: Start) -> None:
    reply = (
        "558-250 Ok. 4711\n"
        "558-550-5.7.1 <joe@far.test>:\n558-550 5.7.1 not wanted\n"
        "558 450 4.7.1 <eve@far.test>: later"
    )
    server = remote(extensions=COURIER, answers={"END": reply})
    send("ann@far.test", "joe@far.test", "eve@far.test")
    attempt_all()
    assert server.said("MAIL")[0].endswith(" EXDATA")
    assert answers() == {
        "joe": ("report", "failed", "5.7.1"),
        "eve": ("queued", "delayed", "4.7.1"),
    }
    assert Recipient.objects.get(state="report").reply == (
        "550 5.7.1 <joe@far.test>:\n550 5.7.1 not wanted"
    )


def test_missing_answers_are_permanent_and_surplus_ones_ignored(remote: Start) -> None:
    remote(extensions=COURIER, answers={"END": "558 250 Ok."})
    send("ann@far.test", "joe@far.test")
    attempt_all()
    assert answers() == {"joe": ("report", "failed", "5.5.0")}
    Recipient.objects.all().delete()
    remote(extensions=COURIER, answers={"END": "558-250 Ok.\n558-250 Ok.\n558 550 no"})
    send("ann@far.test", "joe@far.test")
    attempt_all()
    assert answers() == {}


def test_answers_that_break_off_are_tried_again(remote: Start) -> None:
    remote(extensions=COURIER, answers={"END": "558-250 Ok.\n558-550-5.7.1 no\n421"}, cut=True)
    send("ann@far.test", "joe@far.test", "eve@far.test")
    attempt_all()
    assert answers() == {
        "joe": ("queued", "delayed", "4.4.2"),
        "eve": ("queued", "delayed", "4.4.2"),
    }


def test_a_peer_that_never_offered_exdata_means_one_answer_by_558(remote: Start) -> None:
    remote(answers={"END": "558-250 Ok.\n558 250 Ok."})
    send("ann@far.test", "joe@far.test")
    attempt_all()
    assert {state for state, _, _ in answers().values()} == {"report"}


def test_the_dialogue_is_the_one_that_a_real_courier_answers(remote: Start) -> None:
    """Learnt from Courier 1.0.16 as Debian ships it: it offers this, took these commands, and its
    mailboxes had `Return-Path: <list-return-ann=far.test@example.test>` each."""
    offered = (
        "AUTH PLAIN LOGIN", "XVERP=Courier", "XEXDATA", "XSECURITY=NONE,STARTTLS", "PIPELINING",
        "8BITMIME", "SMTPUTF8", "SIZE", "DSN",
    )  # fmt: skip
    server = remote(
        extensions=offered,
        greeting="220 far.test ESMTP",
        answers={"END": "250 Ok. 000000006B03410D.00000183"},
    )
    number = send("ann@far.test", "joe@far.test", reverse_path=LIST, verp=True)
    attempt_all()
    assert [line for line in server.lines if not line.startswith("QUIT")] == [
        "EHLO mail.example.test",
        f"MAIL FROM:<list-return@example.test> BODY=7BIT VERP SIZE={_announced(server.lines)} EXDATA",
        "RCPT TO:<ann@far.test>",
        "RCPT TO:<joe@far.test>",
        "DATA",
    ]
    told = [event.text for event in trace.life(number) if event.event == "relayed"]
    assert told == ["250 Ok. 000000006B03410D.00000183"] * 2


def _announced(lines: list[str]) -> str:
    return next(line for line in lines if line.startswith("MAIL")).split("SIZE=")[1].split(" ")[0]
