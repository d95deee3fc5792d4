"""The milter protocol's packets."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol import milter
from mailcore.protocol.milter import Kind, Packets


def test_what_a_filter_is_told_is_framed_and_ended() -> None:
    assert milter.helo("a.test") == b"\0\0\0\x08Ha.test\0"
    assert milter.mail("ann@a.test", ["SIZE=1"])[4:] == b"M<ann@a.test>\0SIZE=1\0"
    assert milter.connect("mx.test", "192.0.2.1", 25)[4:] == b"Cmx.test\x004\x00\x19192.0.2.1\0"
    assert milter.connect("", "2001:db8::1")[4:] == (b"C[2001:db8::1]\x006\0\0IPv6:2001:db8::1\0")
    assert milter.connect("", "")[4:] == b"Cunknown\0U"
    assert milter.macros(b"C", [("j", "me"), ("_", "")])[4:] == b"DCj\0me\0"
    assert milter.macros(b"C", [("j", "")]) == b""
    assert milter.header(b"Subject", b"a\r\n\tb\0")[4:] == b"LSubject\0a\n\tb\0"


@given(st.binary(max_size=200_000))
def test_property_a_body_comes_whole_in_small_packets(octets: bytes) -> None:
    packets = list(milter.body(octets))
    assert b"".join(packet[5:] for packet in packets) == octets
    assert all(struct.unpack("!I", packet[:4])[0] <= milter.BODY_CHUNK + 1 for packet in packets)


STRINGS = st.binary(max_size=30).map(lambda text: text.replace(b"\0", b"") + b"\0")


@given(
    st.lists(
        st.tuples(st.sampled_from([b"c", b"a", b"h", b"m", b"q", b"+", b"b"]), STRINGS, STRINGS)
    ),
    st.lists(st.integers(1, 40), max_size=60),
)
def test_property_answers_survive_any_fragmentation(
    told: list[tuple[bytes, bytes, bytes]], cuts: list[int]
) -> None:
    octets = b"".join(
        milter.packet(kind, (b"\0\0\0\x02" if kind == b"m" else b"") + name + value)
        for kind, name, value in told
    )
    packets, found = Packets(), []
    for cut in cuts:
        found += packets.feed(octets[:cut])
        octets = octets[cut:]
    found += packets.feed(octets)
    assert [answer.kind.value for answer in found] == [kind for kind, _, _ in told]
    for answer, (kind, name, value) in zip(found, told, strict=True):
        if kind in (b"h", b"m"):
            assert (answer.name, answer.value) == (name[:-1], value[:-1])
            assert answer.index == (2 if kind == b"m" else 0)
        if kind == b"b":
            assert answer.value == name + value


@given(st.binary(max_size=300))
def test_property_no_octets_break_the_reader(data: bytes) -> None:
    try:
        Packets().feed(data)
    except GrammarError:
        return


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\0",
        b"\xff\xff\xff\xffc",
        milter.packet(b"?"),
        milter.packet(b"h", b"only-a-name\0"),
        milter.packet(b"m", b"\0"),
        milter.packet(b"q", b"no end"),
        milter.packet(b"O", b"\0\0\0\6"),
        milter.packet(b"O", struct.pack("!III", 9, 0, 0)),
        milter.packet(b"O", struct.pack("!III", 6, 0, 0x800)),
    ],
)
def test_what_is_no_answer_is_an_error(data: bytes) -> None:
    with pytest.raises(GrammarError):
        Packets().feed(data + b"....")


def test_a_negotiation_tells_what_the_filter_does_not_want() -> None:
    (answer,) = Packets().feed(milter.packet(b"O", struct.pack("!III", 6, 0x11, 0x12)))
    assert answer.kind is Kind.NEGOTIATED
    assert answer.steps == milter.Step.NO_BODY | milter.Step.NO_HELO
    assert answer.actions == milter.Action.ADD_HEADER | milter.Action.CHANGE_HEADER
