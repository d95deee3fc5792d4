"""Senders are asked after at their own domain, once in a while, and only if that is wanted."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connections

from mailcore.bus import counters
from mailcore.conf import current
from mailcore.conf.schema.filters import Filters
from mailcore.conf.schema.queue import Queue
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import NULL_PATH, Path
from mailcore.filters import verify
from mailcore.filters.callout import Caller
from mailcore.policy.contract import Peer, Received
from mailcore.queue.content import Content
from tests.support.dns import DnsServer
from tests.support.remote import Remote
from tests.support.valkey import Valkey

pytestmark = pytest.mark.django_db

PEER = Peer("192.0.2.1")
ANN = "ann+x-7@far.test"


@pytest.fixture
def names() -> Iterator[DnsServer]:
    server = DnsServer(
        {"far.test": {"MX": ["10 mx.far.test."]}, "mx.far.test": {"A": ["127.0.0.1"]}}
    )
    yield server
    server.stop()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Remote]]:
    """Start far.test's server, which callers then reach."""
    made: list[Remote] = []

    def run(**behaviour: object) -> Remote:
        made.append(Remote(**behaviour))  # type: ignore[arg-type]
        monkeypatch.setattr(verify, "CALLER", Caller("", 3, made[-1].port, private=True))
        return made[-1]

    yield run  # type: ignore[misc]
    for server in made:
        server.stop()


def judged(names: DnsServer, sender: str = ANN, mode: str = "full") -> str:
    current.refresh()
    settings = Snapshot(
        hostname="mail.test",
        filters=Filters(verify_senders=mode),
        queue=Queue(resolvers=(names.address,), dns_timeout=2),
    )
    path = Path.of(sender) if sender else NULL_PATH
    message = Received(PEER, path, (), Content.of(b"\r\n"), settings)
    return str(verify.check(message).refusal or "")


def test_an_address_that_takes_mail_is_asked_after_once(
    bus: Valkey, names: DnsServer, start: type[Remote]
) -> None:
    server = start()
    assert judged(names) == judged(names) == ""
    assert server.lines[:4] == [
        "EHLO mail.test", "MAIL FROM:<>", "RCPT TO:<ann+x-7@far.test>", "QUIT",
    ]  # fmt: skip
    assert server.connections == 1


def test_an_address_that_is_refused_is_refused_here_too(
    bus: Valkey, names: DnsServer, start: type[Remote]
) -> None:
    server = start(answers={"RCPT": "550 5.1.1 nobody"})
    assert judged(names) == ("530 5.1.8 <ann+x-7@far.test> can't be answered: 550 5.1.1 nobody")
    assert judged(names) == "530 5.1.8 <ann+x-7@far.test> can't be answered."
    assert server.connections == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        {"answers": {"RCPT": "450 later"}},
        {"answers": {"MAIL": "550 no notifications"}},
        {"greeting": "554 go away"},
        {"answers": {"RCPT": "drop"}},
        {"answers": {"RCPT": "550-more\n" * 9_000 + "550 end"}},
    ],
)
def test_what_cannot_be_told_puts_off_and_is_not_remembered(
    bus: Valkey, names: DnsServer, start: type[Remote], behaviour: dict[str, object]
) -> None:
    start(**behaviour)
    assert judged(names).startswith("430 4.1.8 <ann+x-7@far.test> can't be answered: ")
    start()
    assert judged(names) == ""


def test_the_extension_can_be_left_out_and_the_null_path_is_nobody_to_ask(
    bus: Valkey, names: DnsServer, start: type[Remote]
) -> None:
    server = start()
    assert judged(names, mode="base") == judged(names, "") == ""
    assert server.said("RCPT") == ["RCPT TO:<ann@far.test>"]


def test_a_domain_that_is_not_there_and_dns_that_is_dead(
    bus: Valkey, names: DnsServer, start: type[Remote]
) -> None:
    start()
    assert judged(names, "ann@nowhere.test").startswith("530 5.1.8")
    names.broken.add("dead.test")
    assert judged(names, "ann@dead.test").startswith("430 4.1.8")


def test_nobody_makes_us_call_our_own_network(
    bus: Valkey, names: DnsServer, start: type[Remote], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    monkeypatch.setattr(verify, "CALLER", replace(verify.CALLER, private=False))
    assert judged(names).startswith("430 4.1.8")
    assert server.connections == 0


def test_a_silent_server_is_given_up_and_few_are_asked_at_once(
    bus: Valkey, names: DnsServer, start: type[Remote]
) -> None:
    said, go = threading.Event(), threading.Event()

    def wait(line: str) -> str:
        said.set()
        go.wait(10)
        return "250 ok"

    start(answers={"RCPT": wait})

    def ask(sender: str) -> None:
        judged(names, sender)
        connections.close_all()

    waiting = [threading.Thread(target=ask, args=(f"u{number}@far.test",)) for number in range(4)]
    for thread in waiting:
        thread.start()
    until = time.monotonic() + 10
    while verify._calling._value and time.monotonic() < until:  # type: ignore[attr-defined]
        time.sleep(0.01)
    assert "too many addresses" in judged(names, "one-more@far.test")
    go.set()
    for thread in waiting:
        thread.join()
    assert said.is_set()


def test_only_strangers_are_asked_after_and_only_if_wanted() -> None:
    on, off = (Snapshot(filters=Filters(verify_senders=mode)) for mode in ("full", "off"))
    assert [verify.wanted(on, PEER), verify.wanted(off, PEER)] == [True, False]
    assert not verify.wanted(on, replace(PEER, trusted=True))
    assert counters.read("sender:good:nobody@far.test") == [0]
