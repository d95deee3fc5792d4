"""Header fields: finding, unfolding, folding, and staying linear."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import header
from mailcore.message.limits import Limits


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_header_ends_at_the_first_empty_line(end: bytes) -> None:
    message = b"A: 1" + end + b"B: 2" + end + end + b"body" + end + end + b"more"
    block, body = header.split(message)
    assert block == b"A: 1" + end + b"B: 2" + end
    assert message[body:] == b"body" + end + end + b"more"


def test_message_may_begin_with_its_body() -> None:
    assert header.split(b"\r\nbody") == (b"", 2)
    assert header.split(b"\nbody") == (b"", 1)


def test_message_without_an_empty_line_is_all_header() -> None:
    assert header.split(b"A: 1\r\n") == (b"A: 1\r\n", 6)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_folded_values_are_unfolded(end: bytes) -> None:
    block = b"Subject: one" + end + b"\ttwo" + end + b" three" + end + b"To : x" + end
    first, second = header.fields(block)
    assert first.value == b"one\ttwo three"
    assert (first.name, first.raw_name) == (b"subject", b"Subject")
    assert block[first.start : first.end].endswith(b"three" + end)
    assert (second.name, second.value) == (b"to", b"x")


def test_lines_that_are_no_fields_are_passed_over() -> None:
    found = header.fields(b"From me Mon\nnonsense\nA: 1\n: empty\nB:2\n")
    assert [(field.name, field.value) for field in found] == [(b"a", b"1"), (b"b", b"2")]


def test_first_and_every() -> None:
    found = header.fields(b"Received: a\nX: y\nreceived: b\n")
    assert header.first(found, b"received") == b"a"
    assert header.every(found, b"received") == [b"a", b"b"]
    assert header.first(found, b"date") is None


def test_oversized_header_is_read_within_its_limits() -> None:
    block = b"A: 1\n" * 5_000
    assert len(header.fields(block)) == 2_000
    assert len(header.fields(b"A: " + b"x" * 300_000, Limits(header_bytes=100))[0].value) == 97


def test_folding_keeps_lines_short_and_values_whole() -> None:
    value = b" ".join(b"word%d" % number for number in range(100))
    folded = header.fold(b"Subject", value)
    assert max(len(line) for line in folded.split(b"\r\n")) <= 76
    assert header.fields(folded)[0].value == value


@given(st.binary(max_size=400))
def test_folding_never_starts_another_field(value: bytes) -> None:
    folded = header.fold(b"Subject", value)
    assert folded.endswith(b"\r\n")
    assert not re.search(rb"\n[^ \t]", folded)
    assert b"\0" not in folded


@given(st.binary(max_size=2_000))
def test_any_octets_have_fields_or_none(data: bytes) -> None:
    block, body = header.split(data)
    assert len(block) <= body <= len(data)
    for field in header.fields(block):
        assert b"\n" not in field.value or b"\n" in block
        assert block[field.start : field.end].startswith(field.raw_name)


@given(
    st.lists(
        st.tuples(
            st.from_regex(rb"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True),
            st.from_regex(rb"[!-~]([ -~]{0,100}[!-~])?", fullmatch=True),
        ),
        max_size=20,
    )
)
def test_what_is_folded_is_read_back(pairs: list[tuple[bytes, bytes]]) -> None:
    block = b"".join(header.fold(name, value) for name, value in pairs)
    assert [(field.raw_name, field.value) for field in header.fields(block)] == pairs
