"""Splitting a stream into lines, however it arrives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.protocol.lines import Lines, LineTooLong


def test_lines_come_out_whole() -> None:
    lines = Lines(100)
    lines.feed(b"one\r\ntw")
    assert lines.line() == b"one"
    assert lines.line() is None
    lines.feed(b"o\nthree")
    assert lines.line() == b"two"
    assert lines.line() is None


def test_long_line_is_reported_once_and_skipped() -> None:
    lines = Lines(10)
    lines.feed(b"x" * 50)
    assert lines.line() is None
    assert len(lines) == 0
    lines.feed(b"x" * 5 + b"\r\nnext\r\n")
    with pytest.raises(LineTooLong):
        lines.line()
    assert lines.line() == b"next"


def test_endless_line_costs_no_memory() -> None:
    lines = Lines(1000)
    for _ in range(1000):
        lines.feed(b"x" * 1000)
        assert lines.line() is None
        assert len(lines) <= 1002


def test_counted_blocks_are_taken_from_the_same_stream() -> None:
    lines = Lines(100)
    lines.feed(b"BDAT 4\r\nab")
    assert lines.line() == b"BDAT 4"
    assert lines.take(4) == b"ab"
    lines.feed(b"\r\nNOOP\r\n")
    assert lines.take(2) == b"\r\n"
    assert lines.line() == b"NOOP"


def test_nothing_survives_clear() -> None:
    lines = Lines(100)
    lines.feed(b"NOOP\r\nMAIL")
    lines.clear()
    lines.feed(b"QUIT\r\n")
    assert lines.line() == b"QUIT"


@given(st.lists(st.binary(max_size=15)), st.lists(st.integers(1, 7)))
def test_lines_are_the_same_however_they_arrive(parts: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(part.replace(b"\n", b"").rstrip(b"\r") + b"\r\n" for part in parts)
    whole, pieces = Lines(20), Lines(20)
    whole.feed(stream)
    expected = [whole.line() for _ in parts]
    found: list[bytes | None] = []
    at = 0
    for size in [*sizes, len(stream)]:
        pieces.feed(stream[at : at + size])
        at += size
        while (line := pieces.line()) is not None:
            found.append(line)
    assert found == expected
