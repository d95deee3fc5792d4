"""What a global filter answers, and how it is read."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.filters import sockets
from mailcore.filters.sockets import Answer

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@pytest.mark.parametrize(
    ("octets", "answer"),
    [
        (b"200 Ok\n", Answer(200, "Ok")),
        (b"200\r\n", Answer(200, "")),
        (b"050 Ok", Answer(50, "Ok")),
        (b"550-5.7.1 no\n550 5.7.1 never\n", Answer(550, "5.7.1 no\n5.7.1 never")),
    ],
)
def test_an_answer_is_a_reply_of_one_or_more_lines(octets: bytes, answer: Answer) -> None:
    assert sockets.parse(octets) == answer


@pytest.mark.parametrize(
    "octets",
    [b"", b"\n", b"ok\n", b"550-no\n", b"550-no\n551 no\n", b"550 no\n550 no\n", b"55 x\n"],
)
def test_anything_else_is_none(octets: bytes) -> None:
    with pytest.raises(GrammarError):
        sockets.parse(octets)


def test_zero_is_enough_five_refuses_and_two_lets_the_next_one_speak() -> None:
    assert [Answer(50, "").is_enough, Answer(200, "").is_enough] == [True, False]
    refusing = [code for code in (0, 150, 250, 350, 450, 550, 650) if Answer(code, "").refuses]
    assert refusing == [450, 550]


@given(st.integers(0, 599), st.lists(PRINTABLE, min_size=1, max_size=5))
def test_property_what_is_written_is_read(code: int, texts: list[str]) -> None:
    lines = [f"{code:03d}-{text}\n" for text in texts[:-1]] + [f"{code:03d} {texts[-1]}\n"]
    assert sockets.parse("".join(lines).encode()) == Answer(code, "\n".join(texts))


@given(st.binary(max_size=200))
def test_property_any_octets_are_an_answer_or_none(octets: bytes) -> None:
    with contextlib.suppress(GrammarError):
        assert 0 <= sockets.parse(octets).code <= 999
