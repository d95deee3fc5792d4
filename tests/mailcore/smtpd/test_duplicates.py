"""A slew of copies: later ones refused, earlier ones cancelled while they wait."""

import pytest

from mailcore.conf import current, store
from mailcore.queue.models import Message, Recipient
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]
SPAM = "Dear friend, you have won a million in our lottery, write back today please."


def configure(section: str, **values: object) -> None:
    store.save(section, values, by="test")
    current.refresh()


def send(smtp: Addresses, number: int, text: str = SPAM) -> str:
    connection = Connection(smtp["smtp"])
    connection.line()
    connection.send(b"HELO mx.peer.example\r\n")
    connection.line()
    for command in (
        f"MAIL FROM:<eve{number}@peer.example>",
        "RCPT TO:<alice@example.com>",
        "DATA",
        f"Subject: number {number}\r\n\r\n{text}\r\n.",
    ):
        connection.send(f"{command}\r\n".encode())
        answer = connection.line()
    return answer


def test_copies_beyond_the_limit_are_refused_and_those_that_wait_cancelled(
    smtp: Addresses,
) -> None:
    configure("filters", duplicates=3)
    configure("queue", initial_hold=600)
    assert [send(smtp, number)[:3] for number in range(3)] == ["250"] * 3
    assert (
        send(smtp, 9, "Dear Alice, this is a letter that nobody else wrote to anybody.")[0] == "2"
    )
    assert send(smtp, 3) == "500 5.7.1 Duplicate message rejected."
    assert send(smtp, 4) == "500 5.7.1 Duplicate message rejected."
    states = {
        Message.objects.get(id=row.message_id).reverse_path[:4]: (row.state, row.reply)
        for row in Recipient.objects.all()
    }
    cancelled = ("report", "Message cancelled as a duplicate.")
    assert states == {
        "eve0": cancelled, "eve1": cancelled, "eve2": cancelled, "eve9": ("queued", ""),
    }  # fmt: skip


def test_any_number_of_copies_is_taken_unless_it_is_limited(smtp: Addresses) -> None:
    assert [send(smtp, number)[:3] for number in range(5)] == ["250"] * 5
