"""Lists, one-line files, keywords and times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.conf.values import show_duration
from mailcore.migration.grammar import lines


def test_only_the_first_line_of_a_one_line_file_counts() -> None:
    assert lines.first("  mail.example.com \nanother\n") == "mail.example.com"
    assert lines.first("") == ""


def test_items_know_their_lines_and_comments_are_none() -> None:
    assert list(lines.items("# a\n\n one \ntwo # no comment\n")) == [
        (3, "one"),
        (4, "two # no comment"),
    ]


def test_a_comment_may_begin_anywhere_in_a_directive() -> None:
    assert list(lines.directives("badfrom a@b # x\n#\n")) == [(1, ["badfrom", "a@b"])]


@pytest.mark.parametrize(
    ("text", "seconds", "rest"),
    [
        ("1w2d", 777_600, ""),
        ("5 M", 300, ""),
        ("90", 90, ""),
        ("1h 30", 3_630, ""),
        ("5 fortnights", 5, "fortnights"),
        ("soon", 0, "soon"),
        ("", 0, ""),
    ],
)
def test_a_time_is_read_as_far_as_courier_read_it(text: str, seconds: int, rest: str) -> None:
    assert lines.interval(text) == (seconds, rest)


@given(st.integers(0, 10_000_000))
def test_every_time_we_write_is_read_back(seconds: int) -> None:
    assert lines.interval(show_duration(seconds)) == (seconds, "")


@given(st.text(max_size=100))
def test_any_time_is_read_without_trouble(text: str) -> None:
    seconds, rest = lines.interval(text)
    assert seconds >= 0
    assert text.strip().endswith(rest)
