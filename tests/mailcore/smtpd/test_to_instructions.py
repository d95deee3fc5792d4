"""In by SMTP, through the queue, to where an account's instructions say."""

import smtplib

import pytest

from mailcore.queue.models import Message, Recipient
from tests.support import homes
from tests.support.homes import account, allow_programs, inbox, order

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]
BOB = "bob@example.test"


@pytest.fixture(autouse=True)
def _people(smtp: Addresses) -> None:
    homes.people("bob", "eve")


def send(smtp: Addresses, recipient: str, subject: str) -> None:
    with smtplib.SMTP(*smtp["smtp"], timeout=30) as client:
        text = f"From: <ann@far.test>\nSubject: {subject}\n\nHello\n"
        client.sendmail("ann@far.test", [recipient], text)


def test_mail_ends_in_mbox_maildir_program_and_another_account(
    smtp: Addresses,
) -> None:
    allow_programs()
    text = "./old\n./Maildir/.Work\n|sed -n 's/^Subject: //p' >subject; echo $EXT >ext\n&eve\n"
    homes.order(text, "shop", BOB)
    send(smtp, "Bob+Shop@example.test", "whole way")
    homes.attempt_all()
    home = account(BOB).home
    assert b"\nDelivered-To: Bob+Shop@example.test\n" in (home / "old").read_bytes()
    assert len(inbox(BOB, ".Work")) == 1
    assert (home / "subject").read_text() == "whole way\n"
    assert (home / "ext").read_text() == "Shop\n"
    [mail] = inbox("eve@example.test")
    assert mail.startswith(b"Return-Path: <ann@far.test>\nDelivered-To: eve@example.test\n")
    assert not Message.objects.exists()


def test_a_program_that_fails_tells_the_sender_what_it_said(smtp: Addresses) -> None:
    allow_programs()
    order("|echo the shop is closed; exit 67\n", address=BOB)
    send(smtp, BOB, "hello")
    homes.attempt_all()
    row = Recipient.objects.get()
    assert (row.state, row.status, row.reply) == ("report", "5.1.1", "the shop is closed")


def test_mail_that_instructions_discard_was_accepted(smtp: Addresses) -> None:
    order("# nothing\n", address=BOB)
    send(smtp, BOB, "to nobody")
    homes.attempt_all()
    assert not Message.objects.exists()
    assert not inbox(BOB)
