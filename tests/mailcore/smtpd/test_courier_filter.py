"""Courier's own perlfilter judges our mail: the wire protocol and the control files are the same."""

import os
from collections.abc import Iterator

import pytest

from mailcore.conf.deployment import deployment
from mailcore.queue.models import Message
from tests.support.courier_filter import CourierFilter
from tests.support.transcript import Connection

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(os.geteuid() != 0, reason="Courier runs as root only"),
    pytest.mark.django_db(transaction=True, databases=["default", "queue"]),
]

Addresses = dict[str, tuple[str, int]]


@pytest.fixture
def perlfilter(smtp: Addresses) -> Iterator[CourierFilter]:
    """Two messages an hour for each peer; its socket is where we look for filters."""
    program = CourierFilter(limit=2)
    place = deployment().home / "allfilters" / "perlfilter"
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(program.socket)
    yield program
    place.unlink()
    program.stop()


def send(smtp: Addresses) -> str:
    connection = Connection(smtp["smtp"])
    connection.line()
    for command in (
        "HELO mx.peer.example",
        "MAIL FROM:<eve@peer.example>",
        "RCPT TO:<alice@example.com>",
        "DATA",
        "Subject: x\r\n\r\nhello\r\n.",
    ):
        connection.send(f"{command}\r\n".encode())
        answer = connection.line()
    return answer


def test_couriers_perlfilter_reads_our_control_files_and_limits_a_peer(
    smtp: Addresses, perlfilter: CourierFilter
) -> None:
    assert [send(smtp)[:3] for _ in range(2)] == ["250", "250"]
    assert send(smtp) == "552 5.7.1 127.0.0.1 is sending too much mail, slow down."
    assert Message.objects.count() == 2
    perlfilter.stop()
    assert send(smtp) == "432 4.3.0 Mail filters temporarily unavailable."
