"""PROXY lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol import proxy
from mailcore.protocol.proxy import Announced, parse


def test_balancers_announce_the_client() -> None:
    assert parse(b"PROXY TCP4 192.0.2.1 198.51.100.2 40000 25\r\n") == Announced(
        "192.0.2.1", "198.51.100.2"
    )
    assert parse(b"PROXY TCP6 2001:DB8::1 2001:db8::2 1 65535\r\n") == Announced(
        "2001:db8::1", "2001:db8::2"
    )
    assert parse(b"PROXY UNKNOWN\r\n") is None
    assert parse(b"PROXY UNKNOWN whatever 1 2\r\n") is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 40000 25\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        b"PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.999 198.51.100.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n",
        b"proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
        b"EHLO x\r\n",
    ],
)
def test_other_lines_are_no_announcements(line: bytes) -> None:
    with pytest.raises(GrammarError):
        parse(line)


@given(st.binary(max_size=120))
def test_any_line_is_an_announcement_or_a_grammar_error(line: bytes) -> None:
    for given_line in (line, b"PROXY " + line + b"\r\n", b"PROXY TCP4 " + line + b"\r\n"):
        try:
            parse(given_line)
        except GrammarError:
            continue


def test_version_2_announces_the_client_and_skips_the_rest() -> None:
    body = bytes([192, 0, 2, 1, 198, 51, 100, 2, 1, 2, 3, 4]) + b"\x02\x00\x01x"
    head = proxy.SIGNATURE + b"\x21\x11" + len(body).to_bytes(2, "big")
    assert proxy.length(head) == len(body)
    assert proxy.parse_binary(head, body) == Announced("192.0.2.1", "198.51.100.2")


@given(st.binary(max_size=4), st.binary(max_size=300))
def test_any_version_2_is_an_announcement_or_a_grammar_error(head: bytes, body: bytes) -> None:
    whole = proxy.SIGNATURE + head.ljust(4, b"\x21")
    try:
        size = proxy.length(whole)
        proxy.parse_binary(whole, body[:size].ljust(min(size, 4), b"x"))
    except GrammarError:
        pass
    else:
        assert size <= proxy.MAX_BODY
