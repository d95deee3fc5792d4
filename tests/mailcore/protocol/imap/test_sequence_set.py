"""Message numbers."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol.imap import sequence_set


@given(st.sets(st.integers(1, 300), min_size=1))
def test_what_is_formatted_is_parsed_to_the_same_numbers(numbers: set[int]) -> None:
    text = sequence_set.format(sorted(numbers))
    ranges = sequence_set.parse(text).numbers(300)
    assert {n for first, last in ranges for n in range(first, last + 1)} == numbers


@given(st.binary(max_size=30))
def test_no_octets_raise_anything_but_grammar_errors(data: bytes) -> None:
    with contextlib.suppress(GrammarError):
        sequence_set.parse(data)


def test_star_is_the_largest_in_either_place() -> None:
    assert sequence_set.parse(b"*:3").numbers(5) == [(3, 5)]
    assert sequence_set.parse(b"9:*").positions([1, 4, 6]) == [(2, 3)]


def test_everything_of_an_empty_mailbox_is_nothing() -> None:
    assert sequence_set.parse(b"1:*").numbers(0) == []
    with pytest.raises(GrammarError):
        sequence_set.parse(b"1").numbers(0)


def test_uids_that_do_not_exist_mean_nothing() -> None:
    assert sequence_set.parse(b"2:3,5,100:200").positions([1, 4, 6]) == []


@pytest.mark.parametrize("text", [b"0", b"1:", b":1", b"1,,2", b"4294967296", b"a", b"1:2:3", b""])
def test_malformed_sets_are_refused(text: bytes) -> None:
    with pytest.raises(GrammarError):
        sequence_set.parse(text)
