"""What values mean.  The truth table is the real program's own (2.9.3), asked for each of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.maildrop import values

FALSE = [
    *[
        "",
        " ",
        "\t",
        "0",
        "0 ",
        "0\t",
        " 0",
        "  0  ",
        ".0",
        ". ",
        ".00",
        ".0 ",
        "0.00",
        "0.0 ",
        "0..0",
    ],
    *["0.. ", "0. 0", "0.  ", "0.x0", "0.x ", "0.000", "0. 00", "0.x00", "0.x0 "],
]
TRUE = [
    *[
        "1",
        "00",
        "0x",
        "0x1",
        "0abc",
        "000",
        "0.0",
        "0.",
        "0..",
        "0.x",
        ".",
        "..",
        ".x",
        ".0.",
        ".0x",
    ],
    *["0.0x", "0.00x", "a", "-0", "-", "x0", "0 0", "0.1", "0.01", "0.0.", "no", "false"],
]


@pytest.mark.parametrize("value", FALSE)
def test_nothing_and_a_lone_zero_are_false(value: str) -> None:
    assert not values.is_true(value.encode())


@pytest.mark.parametrize("value", TRUE)
def test_everything_else_is_true(value: str) -> None:
    assert values.is_true(value.encode())


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (b"", 0), (b"x", 0), (b"3 apples", 3), (b" 12", 12), (b"-5", -5), (b"+5", 5), (b".5", 0.5),
        (b"5.", 5), (b"1e3", 1000), (b"1e", 1), (b"0x10", 16), (b"1e400", math.inf), (b"-inf", -math.inf),
    ],
)  # fmt: skip
def test_a_value_is_the_number_it_begins_with(value: bytes, number: float) -> None:
    assert values.number(value) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3.5, b"3.5"), (5.0, b"5"), (1e12, b"1000000000000"), (1e21, b"1000000000000000000000"),
        (-1.0, b"-1"), (math.inf, b"inf"), (math.nan, b"nan"), (1e-10, b"1e-10"),
    ],
)  # fmt: skip
def test_numbers_are_printed_in_their_shortest_form(number: float, text: bytes) -> None:
    assert values.text(number) == text


def test_whole_numbers_beyond_64_bits_are_0() -> None:
    assert values.integer(b"7.9") == 7
    assert values.integer(b"-7.9") == -7
    assert values.integer(b"99999999999999999999") == 0
    assert values.integer(b"nan") == 0


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        (rb"a\tb\nc\c", b"a\tb\nc"), (rb"x\101\\y", b"xA\\y\n"), (rb"a\qb", b"aqb\n"), (rb"\$X", b"$X\n"),
        (b"", b"\n"), (b"a\\", b"a\\\n"),
    ],
)  # fmt: skip
def test_what_is_echoed_has_its_escapes_read(text: bytes, printed: bytes) -> None:
    assert values.printed(text) == printed


@given(st.floats(allow_nan=False))
def test_property_a_number_that_was_printed_reads_the_same(number: float) -> None:
    assert values.number(values.text(number)) == number


@given(st.binary())
def test_property_every_value_has_a_number_a_truth_and_a_print(value: bytes) -> None:
    values.number(value)
    values.is_true(value)
    values.printed(value)
    assert -(2**63) <= values.integer(value) < 2**63


@given(st.floats(), st.floats())
def test_property_division_never_fails(left: float, right: float) -> None:
    assert isinstance(values.quotient(left, right), float)
