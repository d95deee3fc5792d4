"""What a proxy says of its client is read back as it was said, and nothing else is believed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol import forwarded
from mailcore.protocol.forwarded import Forwarded

ADDRESSES = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).filter(lambda one: one.ipv4_mapped is None).map(str),
)
SAID = st.builds(Forwarded, ADDRESSES, st.integers(0, 65_535), st.integers(0, 3))


@given(SAID)
def test_property_what_is_said_is_read_back(said: Forwarded) -> None:
    assert forwarded.of_fields(forwarded.fields(said)) == said
    line = forwarded.xclient(said)
    assert forwarded.of_xclient(line.removeprefix(b"XCLIENT ").rstrip()) == said


@given(st.binary(max_size=200))
def test_property_any_octets_are_read_or_a_syntax_error(noise: bytes) -> None:
    try:
        said = forwarded.of_xclient(b"ADDR=" + noise)
    except GrammarError:
        return
    assert forwarded.of_xclient(forwarded.xclient(said).removeprefix(b"XCLIENT ")) == said


@given(st.dictionaries(st.sampled_from(sorted(forwarded.fields(Forwarded("::")))), st.text()))
def test_property_any_fields_are_read_or_a_syntax_error(given_fields: dict[str, str]) -> None:
    with contextlib.suppress(GrammarError):
        forwarded.of_fields(given_fields)


def test_an_ipv4_client_of_an_ipv6_socket_is_an_ipv4_client() -> None:
    assert forwarded.of_xclient(b"ADDR=::ffff:192.0.2.1") == Forwarded("192.0.2.1")


def test_nobody_grants_itself_more_proxies_than_we_begin_with() -> None:
    assert forwarded.of_xclient(b"ADDR=192.0.2.1 TTL=99999").ttl == forwarded.FIRST_TTL


def test_a_client_may_not_say_what_a_proxy_would() -> None:
    assert forwarded.own({"name": "a", "x-originating-ip": "192.0.2.1", "x-y": ""}) == {"name": "a"}


@pytest.mark.parametrize("port", ["-1", "65536", "4_0", "٣", " 1", ""])
def test_a_port_is_a_number_of_ascii_digits(port: str) -> None:
    with pytest.raises(GrammarError):
        forwarded.of_fields({"x-originating-ip": "192.0.2.1", "x-originating-port": port})
