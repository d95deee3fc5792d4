"""Queue ids are unique, ordered, and written in 13 characters."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.queue import ids


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_what_is_written_reads_back(number: int) -> None:
    assert ids.parse(ids.text(number)) == number
    assert ids.parse(ids.text(number).upper()) == number


@given(st.integers(min_value=0, max_value=2**63 - 1), st.integers(min_value=0, max_value=2**63 - 1))
def test_texts_sort_as_numbers_do(one: int, other: int) -> None:
    assert (one < other) == (ids.text(one) < ids.text(other))


def test_no_id_is_given_out_twice() -> None:
    found: list[list[int]] = []
    threads = [
        threading.Thread(target=lambda: found.append([ids.new_id() for _ in range(5_000)]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [number for some in found for number in some]
    assert len(set(numbers)) == 20_000
    assert all(some == sorted(some) for some in found)
    assert max(numbers) < 2**63


@pytest.mark.parametrize("written", ["", "x", "u" * 13, "zzzzzzzzzzzzz", "0" * 14, "0000 00000000"])
def test_what_is_no_id_is_said_so(written: str) -> None:
    with pytest.raises(ValueError, match="queue id"):
        ids.parse(written)
