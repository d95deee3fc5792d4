"""A stranger's mail follows what its recipient's instructions say, in the whole product."""

import getpass

import pytest

from tests.support.stack import Stack

pytestmark = pytest.mark.journey
ALICE, BOB = "alice@example.test", "bob@example.test"


def test_mail_is_filed_sent_on_and_given_to_a_program(stack: Stack) -> None:
    stack.manage("settings", "set", "local.program_user", getpass.getuser())
    stack.manage("settings", "set", "local.programs", "yes")
    wanted = "./Maildir/.Shop\n./old\n|sed -n 's/^Subject: //p' >subject\n&bob\n"
    stack.manage("dotcourier", "set", "alice+shop@example.test", input=wanted)
    stack.send("ann@remote.test", "alice+shop@example.test", b"Subject: ordered\r\n\r\nhi\r\n")
    [copy] = stack.wait_for_mail(BOB, b"Subject: ordered")
    assert b"\r\nDelivered-To: alice+shop@example.test\r\n" in copy
    home = stack.home / "homes/example.test/alice"
    assert (home / "subject").read_text() == "ordered\n"
    assert (home / "old").read_bytes().count(b"\nSubject: ordered\n") == 1
    with stack.imap(ALICE) as client:
        assert client.select("INBOX.Shop") == ("OK", [b"1"])
    stack.until(lambda: stack.json("queue", "list") == [], "something is left in the queue")


def test_a_program_that_fails_is_what_the_sender_reads(stack: Stack) -> None:
    stack.manage("settings", "set", "local.program_user", getpass.getuser())
    stack.manage("settings", "set", "local.programs", "yes")
    stack.manage(
        "dotcourier", "set", "bob+closed@example.test", input="|echo we have closed; exit 67\n"
    )
    with stack.submission(ALICE) as client:
        client.sendmail(ALICE, ["bob+closed@example.test"], b"Subject: open?\r\n\r\nhi\r\n")
    [report] = stack.wait_for_mail(ALICE, b"we have closed")
    assert b"\r\nStatus: 5.1.1\r\n" in report
