"""Senders and peers refused by name and by DNS; over a real DNS server."""

from collections.abc import Iterator

import pytest

from mailcore.dns.resolver import Resolver
from mailcore.envelope import NULL_PATH, Path
from mailcore.policy import bofh, lookups
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
    verdict = SpfVerdict(result, "why", "mailfrom", "a@b.example")
    refusal = bofh.judge_spf(verdict, ["pass", "none"], ["fail"])
    assert (refusal.code if refusal else None) == code
    assert bofh.judge_spf(verdict, ["all"], ["fail"]) is None


def test_spf_keywords_of_the_classic_mean_what_they_meant() -> None:
    def judged(result: SpfResult, *accepted: str, vouched: bool = False) -> int | None:
        verdict = SpfVerdict(result, "why")
        refusal = bofh.judge_spf(verdict, accepted, ["fail", "unknown"], vouched=vouched)
        return refusal.code if refusal else None

    assert judged(SpfResult.TEMPERROR, "pass", "error") is None
    assert judged(SpfResult.PERMERROR, "pass", "unknown") is None
    assert judged(SpfResult.PERMERROR, "pass", "error") == 517
    assert judged(SpfResult.FAIL, "pass", "allowok") == 517
    assert judged(SpfResult.FAIL, "pass", "allowok", vouched=True) is None
    assert judged(SpfResult.FAIL, "pass", vouched=True) == 517
    assert not bofh.is_checked(("off",))
    assert not bofh.is_checked(())
    assert bofh.is_checked(("pass",))


def test_the_domains_own_words_can_be_kept_from_its_senders() -> None:
    verdict = SpfVerdict(SpfResult.FAIL, "come and see http://eve.example", "mailfrom", "a@b.c")
    told = bofh.judge_spf(verdict, ["pass"], ["fail"], verbose=False)
    assert told is not None
    assert "eve.example" not in told.text
    assert told.text.startswith("SPF fail a@b.c: ")


def test_senders_are_refused_by_where_their_mail_server_is(
    resolver: Resolver, dns: DnsServer
) -> None:
    dns.zone["mx.good.example"] = {"A": ["192.0.2.66"]}

    def told(domain: str, *bad: str) -> str | None:
        refusal = bofh.check_domain(Path("a", domain), resolver, bad)
        return str(refusal) if refusal else None

    assert told("good.example", "192.0.2.66") == "517 5.7.1 Mail server at 192.0.2.66 is blocked."
    assert told("good.example", "192.0.2.64/26") is not None
    assert told("plain.example", "192.0.2.1") is not None
    assert told("good.example", "192.0.2.1") is None
    dns.broken.add("mx.good.example")  # best effort: what can't be learned blocks nobody
    assert told("good.example", "192.0.2.66") is None


@pytest.mark.parametrize(
    ("helo", "code"),
    [
        ("plain.example", None),
        ("byname.example", None),
        ("[192.0.2.1]", None),
        ("[192.0.2.2]", 517),
        ("good.example", 517),
        ("missing.example", 517),
        ("nomail.example", 517),
        ("servfail.example", 417),
    ],
)
def test_an_ehlo_name_must_lead_to_the_peer(
    helo: str, code: int | None, resolver: Resolver, dns: DnsServer
) -> None:
    dns.zone["byname.example"] = {"MX": ["5 plain.example."]}
    refusal = bofh.check_helo(helo, "192.0.2.1", resolver, hard=True)
    assert (refusal.code if refusal else None) == code
    if code == 517:
        later = bofh.check_helo(helo, "192.0.2.1", resolver, hard=False)
        assert later is not None
        assert later.code == 417


@pytest.mark.parametrize(
    ("domain", "host", "refused"),
    [
        ("free.example", "mx3.free.example", False),
        ("free.example", "free.example", False),
        ("free.example", "out.partner.example", False),
        ("free.example", "notfree.example", True),
        ("free.example", "", True),
        ("free.example", "softdnserr", False),
        ("other.example", "", False),
        ("sub.free.example", "", False),
    ],
)
def test_freemail_comes_from_its_own_hosts_only(domain: str, host: str, refused: bool) -> None:
    lines = ["free.example partner.example", "third.example"]
    refusal = bofh.check_freemail(Path("a", domain), host, lines)
    assert (refusal is not None) is refused
    assert bofh.names_freemail(Path("a", domain), lines) is (domain == "free.example")


def test_a_peers_name_counts_when_it_leads_back(resolver: Resolver, dns: DnsServer) -> None:
    dns.zone["1.2.0.192.in-addr.arpa"] = {"PTR": ["plain.example."]}
    dns.zone["2.2.0.192.in-addr.arpa"] = {"PTR": ["plain.example."]}
    dns.broken.add("4.2.0.192.in-addr.arpa")
    assert lookups.host_of("192.0.2.1", resolver) == "plain.example"
    assert lookups.host_of("192.0.2.2", resolver) == lookups.SOFT_ERROR
    assert lookups.host_of("192.0.2.3", resolver) == ""
    assert lookups.host_of("192.0.2.4", resolver) == lookups.SOFT_ERROR
