"""EXDATA's reply of replies."""

from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import exdata
from mailcore.status import Status

YES = Reply(250, Status(2, 0, 0), "queued as 1")
NO = Reply(550, Status(5, 7, 1), "Not wanted.\nGo away.")


def test_each_recipient_has_a_reply_of_its_own() -> None:
    assert exdata.encode([("a@x.test", YES), ("b@x.test", NO)]) == (
        b"558-250 2.0.0 queued as 1\r\n"
        b"558-550-5.7.1 <b@x.test>:\r\n"
        b"558-550-5.7.1 Not wanted.\r\n"
        b"558 550 5.7.1 Go away.\r\n"
    )


def test_an_acceptance_may_be_the_last() -> None:
    assert exdata.encode([("b@x.test", NO), ("a@x.test", YES)]).splitlines()[-2:] == [
        b"558-550 5.7.1 Go away.",
        b"558 250 2.0.0 queued as 1",
    ]


def test_an_address_adds_no_line() -> None:
    written = exdata.encode([("a\r\n250 x@x.test", NO)])
    assert all(line.startswith(b"558") for line in written.splitlines())
