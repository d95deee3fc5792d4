"""What exit codes mean, and what of a program's words is passed on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import DeliveryError, PermanentFailure, TemporaryFailure
from mailcore.transports.local import environment, exits

FINAL = {64, 65, 67, 68, 69, 70, 76, 77, 78, 100, 112}


@given(st.integers(-64, 255))
def test_property_a_code_goes_on_stops_fails_or_defers(code: int) -> None:
    assert meaning(code) == (
        "on" if code == 0 else "stop" if code == 99 else "5" if code in FINAL else "4"
    )


def meaning(code: int) -> str:
    try:
        return "on" if exits.goes_on(code, b"") else "stop"
    except (PermanentFailure, TemporaryFailure) as failure:
        return str(failure.status)[0]


def test_only_exit_70_is_a_programs_own_failure() -> None:
    for code in FINAL:
        with pytest.raises(DeliveryError) as raised:
            exits.goes_on(code, b"words")
        assert isinstance(raised.value, exits.SoftwareFailure) == (code == 70)
        assert raised.value.text == "words"


@given(st.binary(max_size=500))
def test_property_what_is_told_is_ten_lines_of_text(output: bytes) -> None:
    lines = exits.told(output).split("\n")
    assert len(lines) <= 10
    assert all(letter.isprintable() for line in lines for letter in line)


@pytest.mark.parametrize(
    ("octets", "messages", "text"),
    [(0, 0, ""), (100, 0, "100S"), (0, 5, "5C"), (100, 5, "100S,5C")],
)
def test_a_quota_is_written_as_maildir_programs_have_it(
    octets: int, messages: int, text: str
) -> None:
    assert environment.quota(octets, messages) == text
