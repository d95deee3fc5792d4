"""Files of NAME=value lines."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.migration.grammar import shell
from mailcore.migration.grammar.shell import Assignment


def values(text: str) -> dict[str, str]:
    return {one.name: one.value for one in shell.parse(text)[0]}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ("export A=1", "1"),
        ("  A=1  # why", "1"),
        ("A=", ""),
        ('A="two words"', "two words"),
        ("A='$NOT `run`'", "$NOT `run`"),
        ('A="say \\"so\\" \\$5"', 'say "so" $5'),
        ("A=one'two three'\"four\"", "onetwo threefour"),
        ("A=a\\ b", "a b"),
        ("A=a#b", "a#b"),
        ('A="two\nlines"', "two\nlines"),
        ("B=x; A=$B/y", "x/y"),
        ("A=${sysconfdir}/smtpaccess", "/smtpaccess"),
    ],
)
def test_assignments_mean_what_a_shell_would_make_of_them(line: str, value: str) -> None:
    assert values(line)["A"] == value


def test_a_line_knows_its_number_also_behind_a_value_of_several_lines() -> None:
    found, _ = shell.parse('A="one\ntwo"\n\nB=3\n')
    assert found == [Assignment("A", "one\ntwo", 1), Assignment("B", "3", 4)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (". /etc/environment", "not NAME=value"),
        ("if test -f x", "not NAME=value"),
        ("A=`reboot`", "a command would have to be run"),
        ('A="$(reboot)"', "a command would have to be run"),
        ("A=1|reboot", "a command, not only a value"),
        ("A=<(reboot)", "a command, not only a value"),
        ("A='unclosed", "a quote is never closed: the file is not read any further"),
    ],
)
def test_what_only_a_shell_could_do_is_told_and_not_done(line: str, why: str) -> None:
    found, unread = shell.parse(f"Z=1\n{line}\n")
    assert [one.name for one in found] == ["Z"]
    assert (unread[0].line, unread[0].why) == (2, why)


def test_a_value_that_doubles_itself_is_not_let_grow() -> None:
    bomb = "A=xxxxxxxx\n" + "A=$A$A\n" * 60
    found, unread = shell.parse(bomb)
    assert max(len(one.value) for one in found) <= shell.LONGEST_VALUE
    assert unread[0].why == "the value is too long"


@pytest.mark.parametrize("text", ["A='\n", 'A="', "A=\\", "$", "A=$$", "A=${"])
def test_a_file_full_of_openings_is_read_to_its_end(text: str) -> None:
    """In time: what is quadratic here runs into pytest's limit."""
    found, unread = shell.parse(text * 60_000 + "\nZ=1\n")
    assert found or unread


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=40), max_size=8))
def test_every_quoted_value_is_read_back(texts: list[str]) -> None:
    file = "".join(f"V{n}={shlex.quote(text)}\n" for n, text in enumerate(texts))
    assert list(values(file).values()) == texts


@given(st.text(max_size=300))
def test_any_text_is_read_without_trouble(text: str) -> None:
    found, unread = shell.parse(text)
    lines = text.count("\n") + 1
    assert all(1 <= one.line <= lines for one in (*found, *unread))
