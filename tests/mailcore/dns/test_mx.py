"""Where mail for a domain goes, asked of a real DNS server."""

from collections.abc import Iterator

import pytest

from mailcore.dns import mx
from mailcore.dns.mx import Rules, Target
from mailcore.dns.resolver import Resolver
from mailcore.errors import ConfigError, PermanentFailure, TemporaryFailure
from tests.support.dns import DnsServer, dead_address

ZONE = {
    "two.test": {"MX": ["20 b.two.test.", "10 a.two.test."]},
    "a.two.test": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]},
    "b.two.test": {"A": ["192.0.2.2"]},
    "plain.test": {"A": ["192.0.2.3"]},
    "null.test": {"MX": ["0 ."]},
    "broken.test": {"MX": ["10 a.two.test.", "20 192.0.2.9."]},
    "half.test": {"MX": ["10 gone.test.", "20 b.two.test."]},
    "lonely.test": {"MX": ["10 gone.test."]},
    "soft.test": {"MX": ["10 sick.test.", "20 b.two.test."]},
    "sick.test": {"A": ["192.0.2.4"]},
    "hopeless.test": {"MX": ["10 sick.test."]},
    "txt.test": {"TXT": ['"v=spf1 " "-all"', '"other"']},
    "xn--mnchen-3ya.test": {"MX": ["5 b.two.test."]},
    "1.2.0.192.in-addr.arpa": {"PTR": ["a.two.test."]},
}


@pytest.fixture(scope="module")
def server() -> Iterator[DnsServer]:
    server = DnsServer(ZONE)
    server.broken.add("sick.test")
    yield server
    server.stop()


@pytest.fixture
def resolver(server: DnsServer) -> Resolver:
    return Resolver([server.address], timeout=2)


def found(domain: str, resolver: Resolver, **rules: object) -> list[str]:
    return [each.address for each in mx.targets(domain, resolver, Rules(**rules))]  # type: ignore[arg-type]


def test_preference_decides_and_ipv4_goes_first(resolver: Resolver) -> None:
    assert found("two.test", resolver) == ["192.0.2.1", "2001:db8::1", "192.0.2.2"]
    assert found("two.test", resolver, prefer_ipv6=True)[0] == "2001:db8::1"
    assert found("two.test", resolver, ipv6=False) == ["192.0.2.1", "192.0.2.2"]


def test_without_mx_the_domain_itself_takes_mail(resolver: Resolver) -> None:
    assert mx.targets("plain.test", resolver, Rules()) == [Target("plain.test", "192.0.2.3")]


@pytest.mark.parametrize(
    ("domain", "status"),
    [("nowhere.test", "5.1.2"), ("null.test", "5.1.10"), ("broken.test", "5.1.2"),
     ("lonely.test", "5.1.2"), ("txt.test", "5.1.2"), ("[999.1.1.1]", "5.1.2"),
     ("a" * 70 + ".test", "5.1.2"), ("..", "5.1.2")],
)  # fmt: skip
def test_domains_that_take_no_mail(resolver: Resolver, domain: str, status: str) -> None:
    with pytest.raises(PermanentFailure) as refused:
        mx.targets(domain, resolver, Rules())
    assert str(refused.value.status) == status


def test_broken_mx_can_be_allowed(resolver: Resolver) -> None:
    assert found("broken.test", resolver, allow_broken=True)[0] == "192.0.2.1"


def test_some_exchanges_failing_is_forgiven(resolver: Resolver) -> None:
    assert found("half.test", resolver) == ["192.0.2.2"]
    assert found("soft.test", resolver) == ["192.0.2.2"]


def test_all_exchanges_failing_is_temporary(resolver: Resolver) -> None:
    with pytest.raises(TemporaryFailure):
        mx.targets("hopeless.test", resolver, Rules())


def test_a_dead_resolver_is_temporary() -> None:
    with pytest.raises(TemporaryFailure):
        mx.targets("two.test", Resolver([dead_address()], timeout=0.3), Rules())


def test_a_backup_sends_only_to_its_betters(resolver: Resolver) -> None:
    assert found("two.test", resolver, own_names={"b.two.test"}) == ["192.0.2.1", "2001:db8::1"]


@pytest.mark.parametrize("rules", [{"own_names": {"a.two.test"}}, {"own_addresses": {"192.0.2.1"}}])
def test_the_best_does_not_send_to_itself(resolver: Resolver, rules: dict[str, object]) -> None:
    with pytest.raises(PermanentFailure) as refused:
        mx.targets("two.test", resolver, Rules(**rules))  # type: ignore[arg-type]
    assert str(refused.value.status) == "5.4.6"
    assert found("two.test", resolver, check_loop=False, **rules)


@pytest.mark.parametrize(
    ("literal", "address"), [("[192.0.2.7]", "192.0.2.7"), ("[IPv6:2001:db8::7]", "2001:db8::7")]
)
def test_address_literals_are_taken_at_their_word(
    resolver: Resolver, literal: str, address: str
) -> None:
    assert found(literal, resolver) == [address]


def test_unicode_domains_are_asked_in_ace(resolver: Resolver) -> None:
    assert found("münchen.test", resolver) == ["192.0.2.2"]


def test_txt_and_reverse(resolver: Resolver) -> None:
    assert set(resolver.txt("txt.test").records) == {"v=spf1 -all", "other"}
    assert resolver.reverse("192.0.2.1").records == ("a.two.test",)
    assert not resolver.reverse("192.0.2.99").exists


def test_a_resolver_address_that_is_none_is_a_config_error() -> None:
    with pytest.raises(ConfigError):
        Resolver(["dns.example.net"])
