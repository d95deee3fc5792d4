"""Access by network: the most specific record, its variables, and nothing of the others."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.conf import store
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path
from mailcore.errors import ConfigError
from mailcore.policy import access, access_lines, relay

RECORDS = (
    "10             allow,RELAYCLIENT",
    "10.1           allow,SIZELIMIT=5M",
    "10.1.2.3       deny",
    '192.0.2.0/24   allow,BLOCK="550 Not from there, thank you.",TARPIT=1',
    "192.0.2.9      allow,BLOCK",
    "198.51.100     allow,BLOCK=We know you",
    ":2001:0db8     allow,RELAYCLIENT=@gateway.example",
    '*              allow,BOFHCHECKDNS=1,BOFHSPFNOVERBOSE=1,BOFHSPFMAILFROM="pass,none"',
)


def judge(address: str) -> access.Access:
    return access.judge(address, (), (), RECORDS)


def test_of_all_records_the_most_specific_counts_alone() -> None:
    assert judge("10.9.9.9").may_relay
    found = judge("10.1.9.9")
    assert not found.may_relay  # nothing comes from the shorter prefix
    assert found.over(Snapshot()).esmtp.size_limit == 5 * 1024 * 1024
    assert judge("10.1.2.3") == access.Access(denied=True)
    assert judge("::ffff:10.1.2.3").denied


def test_a_text_refuses_with_its_own_code_and_an_empty_one_exempts() -> None:
    assert str(judge("192.0.2.8").block) == "550 5.7.1 Not from there, thank you."
    assert str(judge("198.51.100.1").block) == "511 5.7.1 We know you"
    assert judge("192.0.2.9").block is None
    assert judge("192.0.2.9").exempt
    assert not judge("192.0.2.8").exempt


def test_variables_are_settings_of_the_peer() -> None:
    base = Snapshot()
    settings = judge("203.0.113.1").over(base)
    assert settings.esmtp.check_sender_domain
    assert settings.esmtp.spf_mail_from == ("pass", "none")
    assert settings.policy.spf_verbose is False
    assert base.policy.spf_verbose is True
    assert judge("10.9.9.9").over(base) is base


def test_a_relaying_peers_recipients_get_its_suffix() -> None:
    assert judge("2001:db8::7").suffix == "@gateway.example"
    path = Path("bob", "far.example")
    assert str(relay.with_suffix(path, "@gateway.example")) == "bob%far.example@gateway.example"
    assert str(relay.with_suffix(path, ".uucp")) == "bob@far.example.uucp"


def test_the_short_lists_are_records_too() -> None:
    def short(address: str) -> access.Access:
        lines = ("192.0.2.1 allow,TARPIT=0",)
        return access.judge(address, ("192.0.2.0/24",), ("192.0.2.0/28",), lines)

    assert short("192.0.2.77").may_relay
    assert short("192.0.2.5").denied
    assert short("192.0.2.1") == access.Access(values={"esmtp": {"tarpit": False}})


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fd00::1"])
def test_private_networks_are_strangers_until_listed(address: str) -> None:
    assert access.judge(address, (), (), ("192.0.2.1 allow,RELAYCLIENT",)) == access.STRANGER


@pytest.mark.parametrize(
    "line",
    [
        "",
        "192.0.2.1",
        "192.0.2.1 maybe",
        "300.1 allow",
        "192.0.2.0/99 deny",
        "192.0.2.1 allow,NOSUCHVARIABLE=1",
        "192.0.2.1 allow,SIZELIMIT=lots",
        "192.0.2.1 allow;RELAYCLIENT",
        '192.0.2.1 allow,BLOCK="open',
    ],
)
def test_what_is_misspelt_is_said_and_opens_nothing(line: str) -> None:
    with pytest.raises(ConfigError):
        access_lines.parse(line)
    assert access.judge("192.0.2.1", (), (), (line, "10 allow")) == access.STRANGER


@pytest.mark.parametrize(
    "variable", ["DSNRET", "DSNNOTIFY", "DSNENVID", "NOADDMSGID", "NOADDDATE", "MIME"]
)
def test_variables_that_are_no_settings_of_a_peer_are_refused_by_name(variable: str) -> None:
    with pytest.raises(ConfigError, match=f"no variable or setting is called {variable}$"):
        access_lines.parse(f"10 allow,{variable}=1")


@given(st.text(max_size=60))
def test_property_any_line_is_a_record_or_a_complaint(text: str) -> None:
    try:
        access_lines.parse(text)
    except ConfigError:
        return


@given(
    st.ip_addresses(v=4)
    | st.ip_addresses(v=6).filter(lambda one: getattr(one, "ipv4_mapped", None) is None),
    st.integers(0, 128),
)
def test_property_a_record_holds_for_its_network_and_no_other(
    address: IPv4Address | IPv6Address, length: int
) -> None:
    length = min(length, address.max_prefixlen)
    line = f"{address}/{length} allow,RELAYCLIENT"
    assert access.judge(str(address), (), (), (line,)).may_relay
    if length:
        outside = type(address)(int(address) ^ (1 << (address.max_prefixlen - length)))
        assert not access.judge(str(outside), (), (), (line,)).may_relay


@pytest.mark.django_db
def test_a_misspelt_line_is_not_saved() -> None:
    with pytest.raises(ConfigError, match="no variable or setting is called TARPTI"):
        store.save("policy", {"access": ["10 allow,TARPTI=1"]}, by="test")
    with pytest.raises(ConfigError, match="does not begin with block or allow"):
        store.save("policy", {"dns_lists": ["zen.spamhaus.org"]}, by="test")
    store.save("policy", {"access": ["10 allow,TARPIT=1"]}, by="test")
