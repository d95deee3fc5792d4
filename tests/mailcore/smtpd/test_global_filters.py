"""Courier's global filters: programs behind sockets, asked by a whole ESMTP server."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailcore.conf import current, store
from mailcore.conf.deployment import deployment
from mailcore.envelope import Path as MailPath
from mailcore.filters import links
from mailcore.policy import chain
from mailcore.policy.contract import Peer, Received, Standing
from mailcore.queue import ids
from mailcore.queue.content import Content
from mailcore.queue.models import Message
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]
Start = Callable[..., "subprocess.Popen[bytes]"]
PROGRAM = Path(__file__).resolve().parents[2] / "support/filter_program.py"


@pytest.fixture
def home(smtp: Addresses) -> Path:
    return deployment().home


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Start a filter: its name, its directory, what it always says."""
    running: list[subprocess.Popen[bytes]] = []

    def run(
        name: str, always: str = "", directory: str = "allfilters"
    ) -> "subprocess.Popen[bytes]":
        place = home / directory / name
        place.parent.mkdir(exist_ok=True)
        words = [always] if always else []
        running.append(subprocess.Popen([sys.executable, str(PROGRAM), str(place), *words]))
        until = time.monotonic() + 20
        while not place.exists():
            assert running[-1].poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.wait()
    for directory in ("allfilters", "filters"):
        for place in (home / directory).glob("*"):
            place.unlink()
        (home / f"{directory}.log").unlink(missing_ok=True)


def send(smtp: Addresses, wish: str = "", parameters: str = "") -> str:
    """The reply to the end of a message from a stranger."""
    connection = Connection(smtp["smtp"])
    connection.line()
    connection.send(b"EHLO mx.peer.example\r\n")
    while not connection.line().startswith("250 "):
        pass
    field = f"X-Filter: {wish}\r\n" if wish else ""
    connection.send(
        f"MAIL FROM:<eve@peer.example> {parameters}".rstrip().encode()
        + b"\r\nRCPT TO:<sales@example.com> NOTIFY=NEVER\r\nDATA\r\n"
    )
    assert [connection.line()[:3] for _ in range(3)] == ["250", "250", "354"]
    connection.send(f"Subject: x\r\n{field}\r\nhello\r\n..dot\r\n.\r\n".encode())
    lines = [connection.line()]
    while lines[-1][3:4] == "-":
        lines.append(connection.line())
    return "\n".join(lines)


def test_a_filter_reads_the_message_and_its_control_file(
    smtp: Addresses, home: Path, start: Start
) -> None:
    start("watch")
    assert send(smtp, parameters="ENVID=x1 RET=HDRS").startswith("250")
    entry = (home / "allfilters.log").read_text().removesuffix("=====\n")
    name, text, control = entry.split("-----\n")
    assert (name, text) == ("watch\n", "Subject: x\n\nhello\n.dot\n")
    lines = control.splitlines()
    assert lines[:6] == [
        "seve@peer.example",
        "fmx.peer.example ([127.0.0.1])",
        "ex1",
        "tH",
        f"M{ids.text(Message.objects.get().id)}",
        "usmtp",
    ]
    assert "OTCPREMOTEIP=127.0.0.1" in lines
    assert lines[-3:] == ["ralice@example.com", "R", "NN"]  # the alias is expanded
    assert not list((deployment().run / "filtering").iterdir())


@pytest.mark.parametrize(
    ("wish", "reply"),
    [
        ("refuse", "550-5.7.9 Looks like spam\n550 5.7.9 to me"),
        ("later", "432 4.7.1 Busy"),
        ("mute", "432 4.3.0 Mail filters temporarily unavailable."),
        ("garble", "432 4.3.0 Mail filters temporarily unavailable."),
        ("endless", "432 4.3.0 Mail filters temporarily unavailable."),
        ("broken-off", "432 4.3.0 Mail filters temporarily unavailable."),
    ],
)
def test_a_filter_refuses_in_its_own_words_and_one_that_cannot_speak_puts_off(
    smtp: Addresses, start: Start, wish: str, reply: str
) -> None:
    start("filter")
    assert send(smtp, wish) == reply
    assert not Message.objects.exists()


def test_filters_are_asked_by_name_until_one_refuses_or_says_enough(
    smtp: Addresses, home: Path, start: Start
) -> None:
    start("30-never", "refuse")
    start("10-first")
    start("20-second")
    assert send(smtp, "accept").startswith("550")
    assert send(smtp, "enough").startswith("250")
    asked = [
        entry.split("\n")[0] for entry in (home / "allfilters.log").read_text().split("=====\n")
    ]
    assert asked == ["10-first", "20-second", "30-never", "10-first", ""]


def test_a_filter_that_died_lets_nothing_pass(smtp: Addresses, start: Start) -> None:
    store.save("filters", {"on_failure": "accept"}, by="test")
    current.refresh()
    process = start("mortal")
    assert send(smtp).startswith("250")
    process.kill()
    process.wait()
    assert send(smtp) == "432 4.3.0 Mail filters temporarily unavailable."


def test_a_slow_filter_puts_mail_off(smtp: Addresses, home: Path) -> None:
    store.save("filters", {"socket_timeout": 1}, by="test")
    current.refresh()
    (home / "allfilters").mkdir(exist_ok=True)
    place = home / "allfilters" / "asleep"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(place))
        silent.listen()
        try:
            assert send(smtp).startswith("432")
        finally:
            place.unlink()


def test_the_other_directory_is_for_recipients_who_asked_and_a_dot_is_not_ready(
    smtp: Addresses, home: Path, start: Start
) -> None:
    start("strict", "refuse", directory="filters")
    start("lenient")
    (home / "allfilters" / ".coming").touch()
    assert send(smtp).startswith("250")
    settings, peer = current.snapshot(), Peer("192.0.2.1")
    letter = Received(
        peer,
        MailPath("eve", "peer.example"),
        (MailPath("alice", "example.com"),),
        Content.of(b"Subject: x\r\n\r\n"),
        settings,
        standing=Standing.FILTERED,
    )
    asked = links.wanted(settings, peer, letter.standing)
    assert [link.name for link in asked] == ["allfilters", "filters", "recipients"]
    assert str(chain.run(asked, letter).refusal).startswith("550 5.7.9 Looks like spam")


def test_sources_that_are_not_filtered_pass(smtp: Addresses, start: Start) -> None:
    start("strict", "refuse")
    store.save("filters", {"sources": ["local"]}, by="test")
    current.refresh()
    assert send(smtp).startswith("250")
