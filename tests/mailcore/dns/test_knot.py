"""Our lookups against a DNS server that is not ours."""

from collections.abc import Iterator

import pytest

from mailcore.dns import mx
from mailcore.dns.resolver import Resolver
from mailcore.policy import spf
from mailcore.policy.spf import SpfResult
from tests.support.knot import Knot

pytestmark = pytest.mark.interop

ZONE = {
    "a.test": {
        "MX": ["20 second.a.test.", "10 first.a.test."],
        "TXT": ['"v=spf1 mx include:b.test -all"'],
    },
    "first.a.test": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]},
    "second.a.test": {"CNAME": ["there.b.test."]},
    "there.b.test": {"A": ["192.0.2.2"]},
    "b.test": {"TXT": ['"v=spf1 ip4:198.51.100.0/24 " "exists:%{ir}.list.test ?all"']},
    "9.100.51.198.in-addr.arpa": {"PTR": ["nine.b.test."]},
    "7.113.0.203.list.test": {"A": ["127.0.0.2"]},
    "loop.test": {"CNAME": ["pool.test."]},
    "pool.test": {"CNAME": ["loop.test."]},
}


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resolver]:
    server = Knot(tmp_path_factory.mktemp("knot"), ZONE)
    yield Resolver([server.address], 10)
    server.stop()


def test_mx_records_lead_to_addresses_through_aliases(resolver: Resolver) -> None:
    found = mx.targets("a.test", resolver, mx.Rules())
    assert [(one.host, one.address) for one in found] == [
        ("first.a.test", "192.0.2.1"),
        ("first.a.test", "2001:db8::1"),
        ("second.a.test", "192.0.2.2"),
    ]


def test_absence_and_names_of_addresses(resolver: Resolver) -> None:
    assert resolver.mx("no.such.test").exists is False
    assert resolver.mx("b.test").exists is True
    assert resolver.mx("b.test").records == ()
    assert resolver.reverse("198.51.100.9").records == ("nine.b.test",)


def test_aliases_in_a_circle_lead_to_nothing(resolver: Resolver) -> None:
    assert resolver.addresses("loop.test").records == ()


@pytest.mark.parametrize(
    ("peer", "result"),
    [
        ("192.0.2.2", SpfResult.PASS),
        ("198.51.100.77", SpfResult.PASS),
        ("203.0.113.7", SpfResult.PASS),
        ("203.0.113.8", SpfResult.FAIL),
    ],
)
def test_spf_by_mx_network_and_existence(peer: str, result: SpfResult, resolver: Resolver) -> None:
    verdict = spf.check(peer, "ann@a.test", "mail.a.test", resolver=resolver)
    assert verdict.result is result
    assert (verdict.identity, verdict.subject) == ("mailfrom", "ann@a.test")
