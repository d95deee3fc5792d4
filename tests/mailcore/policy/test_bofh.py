"""Senders and peers refused by name, by DNS, by lists; over a real DNS server."""

from collections.abc import Iterator

import pytest

from mailcore.dns.resolver import Resolver
from mailcore.envelope import NULL_PATH, Path
from mailcore.policy import blocklist, bofh
from mailcore.policy.spf import SpfResult, SpfVerdict
from tests.support.dns import DnsServer

ZONE = {
    "good.example": {"MX": ["10 mx.good.example."]},
    "plain.example": {"A": ["192.0.2.1"]},
    "broken-mx.example": {"MX": ["10 192.0.2.9."]},
    "nomail.example": {"MX": ["0 ."]},
    "empty.example": {"TXT": ['"nothing here"']},
}


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    server = DnsServer(ZONE)
    server.broken.add("servfail.example")
    yield server
    server.stop()


@pytest.fixture
def resolver(dns: DnsServer) -> Resolver:
    return Resolver([dns.address], 3)


@pytest.mark.parametrize(
    ("domain", "code"),
    [
        ("good.example", None),
        ("plain.example", None),
        ("[192.0.2.1]", None),
        ("broken-mx.example", 517),
        ("nomail.example", 517),
        ("empty.example", 517),
        ("missing.example", 517),
        ("servfail.example", 417),
    ],
)
def test_senders_need_a_domain_that_can_be_answered(
    domain: str, code: int | None, resolver: Resolver
) -> None:
    refusal = bofh.check_domain(Path("a", domain), resolver)
    assert (refusal.code if refusal else None) == code


def test_the_null_path_has_no_domain_to_ask_for(resolver: Resolver, dns: DnsServer) -> None:
    assert bofh.check_domain(NULL_PATH, resolver) is None
    assert dns.asked == []


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("eve@bad.example", True),
        ("Eve@bad.example", True),
        ("bob@bad.example", False),
        ("any@worse.example", True),
        ("any@sub.worse.example", False),
        ("any@deep.sub.worst.example", True),
        ("any@worst.example", False),
        ("eve@x.mixed.example", True),
        ("bob@x.mixed.example", False),
    ],
)
def test_named_senders_are_refused(address: str, refused: bool) -> None:
    patterns = ["eve@bad.example", "@worse.example", "@.worst.example", "eve@.mixed.example"]
    refusal = bofh.check_named(Path.of(address), patterns)
    assert (refusal is not None) is refused
    assert bofh.check_named(NULL_PATH, patterns) is None


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (SpfResult.PASS, None),
        (SpfResult.NONE, None),
        (SpfResult.FAIL, 517),
        (SpfResult.SOFTFAIL, 417),
        (SpfResult.TEMPERROR, 417),
    ],
)
def test_spf_results_are_accepted_refused_or_put_off(result: SpfResult, code: int | None) -> None:
    refusal = bofh.judge_spf(SpfVerdict(result, "why"), "a@b.example", ["pass", "none"], ["fail"])
    assert (refusal.code if refusal else None) == code
    assert bofh.judge_spf(SpfVerdict(result, ""), "", ["all"], ["fail"]) is None


def test_lists_are_asked_and_believed_within_reason(dns: DnsServer, resolver: Resolver) -> None:
    dns.zone["7.9.8.8.list.example"] = {"A": ["127.0.0.2"], "TXT": ['"8.8.9.7: seen"']}
    dns.zone["8.9.8.8.list.example"] = {"A": ["127.0.0.2"]}
    dns.zone["8.9.8.8.good.example"] = {"A": ["127.0.0.10"]}
    dns.zone["9.9.8.8.list.example"] = {"A": ["198.51.100.1"]}

    def told(peer: str, *block: str, allow: tuple[str, ...] = ()) -> str | None:
        refusal = blocklist.check(peer, block or ("list.example",), allow, resolver)
        return str(refusal) if refusal else None

    assert told("8.8.9.7") == "511 5.7.1 8.8.9.7: seen"
    assert told("::ffff:8.8.9.7") == "511 5.7.1 8.8.9.7: seen"
    assert told("8.8.9.8") == "511 5.7.1 8.8.9.8 is listed in list.example"
    assert told("8.8.9.8", "list.example=421 Come back later") == "421 4.7.1 Come back later"
    assert told("8.8.9.8", allow=("good.example",)) is None
    assert told("8.8.9.9") is None
    assert told("8.8.9.6") is None
    assert told("2a00::1") is None
    assert told("8.8.9.7", "servfail.example") is None


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.1", "fe80::1%eth0", "::1", ""])
def test_no_list_is_asked_about_machines_it_cannot_know(
    peer: str, dns: DnsServer, resolver: Resolver
) -> None:
    assert blocklist.check(peer, ["list.example"], [], resolver) is None
    assert dns.asked == []
