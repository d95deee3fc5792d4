"""What checks are told and may ask for."""

from collections.abc import Iterator

import pytest

from mailcore.conf.schema.queue import Queue
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import NULL_PATH, Path
from mailcore.policy.contract import Peer, Received
from mailcore.policy.spf import SpfResult, SpfVerdict
from mailcore.queue.content import Content
from tests.support.dns import DnsServer


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    server = DnsServer(
        {
            "a.test": {"TXT": ['"v=spf1 ip4:192.0.2.0/24 -all"']},
            "helo.test": {"TXT": ['"v=spf1 -all"']},
        }
    )
    yield server
    server.stop()


def received(dns: DnsServer, path: Path, *spf: SpfVerdict) -> Received:
    settings = Snapshot(queue=Queue(resolvers=(dns.address,)))
    peer = Peer("192.0.2.1", helo="helo.test")
    return Received(peer, path, (Path("bob", "b.test"),), Content.of(b"\r\n"), settings, spf=spf)


def test_spf_is_asked_for_when_a_check_wants_it(dns: DnsServer) -> None:
    message = received(dns, Path("ann", "a.test"))
    assert message.spf_of("mailfrom").result is SpfResult.PASS
    assert message.spf_of("helo").result is SpfResult.FAIL


def test_the_null_path_is_judged_by_the_ehlo_name(dns: DnsServer) -> None:
    verdict = received(dns, NULL_PATH).spf_of("mailfrom")
    assert (verdict.result, verdict.identity) == (SpfResult.FAIL, "helo")


def test_what_is_known_is_not_asked_again(dns: DnsServer) -> None:
    known = SpfVerdict(SpfResult.SOFTFAIL, "", "mailfrom", "ann@a.test")
    assert received(dns, Path("ann", "a.test"), known).spf_of("mailfrom") is known
    assert dns.asked == []
