"""Regular expressions, and those that ran away elsewhere."""

import pytest

from mailcore.maildrop import patterns
from mailcore.maildrop.patterns import every, first, why_not


def test_capitals_count_only_when_asked() -> None:
    assert first(b"john", False, b"JOHN") == (b"JOHN",)
    assert first(b"john", True, b"JOHN") is None
    assert first("käse".encode(), False, "KÄSE".encode()) == ("KÄSE".encode(),)


def test_groups_without_a_part_are_empty() -> None:
    assert first(b"(a)(z)?", False, b"xa") == (b"a", b"a", b"")


def test_octets_that_are_no_utf8_do_not_stop_a_search() -> None:
    assert first(b"a", False, b"\xff\xfea") == (b"a",)


def test_an_empty_fit_moves_on() -> None:
    assert list(every(b"x*", False, b"axb")) == [(b"",), (b"x",), (b"",), (b"",)]


@pytest.mark.parametrize("source", [b"(", b"[", b"*", b"(?=a)", rb"(a)\1", b"\xff", b"a" * 9_000])
def test_a_pattern_that_cannot_be_used_says_why_and_finds_nothing(source: bytes) -> None:
    assert why_not(source, case=False)
    assert first(source, False, b"aa") is None
    assert list(every(source, False, b"aa")) == []


@pytest.mark.parametrize(
    "source", [b"(a+)+$", b"^(a|a)*$", b"(a*)*b", b"(.*a){20}$", b"^(([a-z])+.)+[A-Z]([a-z])+$"]
)
def test_patterns_that_run_away_elsewhere_end_here(source: bytes) -> None:
    # With a backtracking engine each of these takes longer than the universe is old.
    assert first(source, True, b"a" * 100_000 + b"!") is None


def test_a_pattern_of_patterns_is_bounded() -> None:
    assert why_not(b"((a{1000}){1000}){1000}", case=False)
    assert why_not(b"x" * (patterns.LONGEST + 1), case=False)
