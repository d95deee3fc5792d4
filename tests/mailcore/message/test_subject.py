"""Base subjects.  RFC 5256 §2.1."""

import pytest

from mailcore.message import subject as subjects


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [("Re: [list] Fwd: Hello  World (fwd)", "hello world"), ("re[2]: x", "x"), ("[x]", "[x]"),
     ("Re:", ""), ("", ""), ("Respect", "respect")],
)  # fmt: skip
def test_what_replies_add_is_taken_off(subject: str, wanted: str) -> None:
    assert subjects.base(subject) == wanted


def test_answers_say_so() -> None:
    assert subjects.is_answer("[list] Re: x")
    assert subjects.is_answer("x (fwd)")
    assert not subjects.is_answer("Regarding x")
