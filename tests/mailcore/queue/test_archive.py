"""The archive: what left the queue, as it was sent on, and what became of it."""

import json
from pathlib import Path

import pytest

from mailcore.conf.deployment import deployment
from mailcore.queue import ids
from mailcore.queue.content import ContentWriter
from mailcore.queue.models import Message
from tests.support.outgoing import HELLO, attempt_all, configure, send
from tests.support.remote import Remote

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


@pytest.fixture
def server() -> Remote:
    return Remote(answers={"RCPT": lambda line: "550 5.1.1 Who?" if "<bad@" in line else None})


@pytest.mark.parametrize("inline_limit", [131_072, 1_024], ids=["in a row", "in a file"])
def test_a_message_and_its_history_stay_when_it_leaves_the_queue(
    server: Remote, tmp_path: Path, inline_limit: int
) -> None:
    configure(
        routes=(f":[127.0.0.1],{server.port}",),
        archive_directory=str(tmp_path),
    )
    writer = ContentWriter(deployment().spool, inline_limit)
    writer.write(HELLO + b"more\r\n" * 300)
    number = send("ann@far.test", content=writer.finish(), envid="E1")
    assert list(tmp_path.iterdir()) == []
    attempt_all()
    assert not Message.objects.exists()
    [day] = tmp_path.iterdir()
    name = ids.text(number)
    assert {path.name for path in day.iterdir()} == {f"{name}.eml", f"{name}.json"}
    assert (day / f"{name}.eml").read_bytes() == server.mails[0].data
    told = json.loads((day / f"{name}.json").read_text())
    assert (told["reverse_path"], told["envid"]) == ("a@example.test", "E1")
    [relayed] = [event for event in told["events"] if event["event"] == "relayed"]
    assert relayed["address"] == "ann@far.test"
    assert relayed["text"] == "250 2.0.0 Taken as 4711"
    server.stop()


def test_it_is_archived_when_its_last_recipient_is_done(server: Remote, tmp_path: Path) -> None:
    configure(routes=(f":[127.0.0.1],{server.port}",), archive_directory=str(tmp_path))
    send("ann@far.test", "bad@far.test")
    attempt_all()
    assert list(tmp_path.iterdir()) == []  # its sender is owed a report
    server.stop()


def test_trouble_with_the_archive_delays_nobodys_mail(server: Remote, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    configure(routes=(f":[127.0.0.1],{server.port}",), archive_directory=str(tmp_path / "file"))
    send("ann@far.test")
    attempt_all()
    assert server.mails[0].data.endswith(HELLO)
    assert not Message.objects.exists()
    server.stop()
