"""Alias files of sendmail, Postfix and Courier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.migration.grammar import alias_file
from mailcore.migration.grammar.alias_file import Kind, Member

ADDRESS = st.from_regex(r"[a-z][a-z0-9]{0,8}@[a-z]{1,8}\.test", fullmatch=True)


def test_an_alias_goes_on_in_lines_that_begin_with_white_space() -> None:
    text = "# people\nsales: alice,\n\tbob@example.com\n\nroot: alice\n"
    first, second = alias_file.entries(text)
    assert (first.line, first.name) == (2, "sales")
    assert [member.text for member in first.members] == ["alice", "bob@example.com"]
    assert (second.line, second.name) == (5, "root")


@pytest.mark.parametrize(
    ("written", "member"),
    [
        ("alice", Member(Kind.ADDRESS, "alice")),
        ("Alice L. <alice@example.com>", Member(Kind.ADDRESS, "alice@example.com")),
        ('"L., Alice" <alice@example.com>', Member(Kind.ADDRESS, "alice@example.com")),
        ("alice@example.com (at work)", Member(Kind.ADDRESS, "alice@example.com")),
        ("\\alice", Member(Kind.ADDRESS, "alice")),
        ("|/bin/true", Member(Kind.PROGRAM, "/bin/true")),
        ('"|/bin/echo a, b"', Member(Kind.PROGRAM, "/bin/echo a, b")),
        ("/var/mail/x", Member(Kind.FILE, "/var/mail/x")),
        (":include:/etc/lists/x", Member(Kind.INCLUDE, "/etc/lists/x")),
        (":fail: no such list", Member(Kind.SPECIAL, ":fail: no such list")),
        ("error:gone", Member(Kind.SPECIAL, "error:gone")),
        ("a b c", Member(Kind.UNREAD, "a b c")),
    ],
)
def test_each_kind_of_member_is_known(written: str, member: Member) -> None:
    (entry,) = alias_file.entries(f"name: {written}\n")
    assert entry.members == (member,)


def test_a_line_that_is_no_alias_is_kept_for_the_report() -> None:
    (entry,) = alias_file.entries("just words\n")
    assert (entry.line, entry.name, entry.text) == (1, "", "just words")


def test_a_list_without_end_is_cut() -> None:
    (entry,) = alias_file.entries("all: " + "a," * 200_000)
    assert len(entry.members) == alias_file.MOST_MEMBERS


@pytest.mark.parametrize("text", ['x: "', "x: (", "x:\\", "x: a\n ", "(((", ",,,", "x: <"])
def test_a_file_full_of_openings_is_read_to_its_end(text: str) -> None:
    """In time: what is quadratic here runs into pytest's limit."""
    for entry in alias_file.entries(text * 30_000):
        assert len(entry.members) <= alias_file.MOST_MEMBERS


@given(st.lists(ADDRESS, min_size=1, max_size=12), st.sampled_from([", ", ",", ",\n\t"]))
def test_every_list_of_addresses_is_read_back(addresses: list[str], between: str) -> None:
    (entry,) = alias_file.entries(f"list: {between.join(addresses)}\n")
    assert [member.text for member in entry.members] == addresses


@given(st.text(max_size=300))
def test_any_text_is_read_without_trouble(text: str) -> None:
    for entry in alias_file.entries(text):
        assert 1 <= entry.line <= text.count("\n") + 1
