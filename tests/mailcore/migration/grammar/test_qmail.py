"""Lines of qmail's files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.migration.grammar import qmail
from mailcore.migration.grammar.alias_file import Kind, Member
from mailcore.migration.grammar.qmail import Route

NAME = st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8}){0,3}", fullmatch=True)


def test_routes_are_read() -> None:
    assert qmail.route("A.test:relay.test:2525") == Route("a.test", "relay.test", 2525)
    assert qmail.route(":relay.test user pass word") == Route(
        "", "relay.test", 25, "user", "pass word"
    )
    assert qmail.route(".test:[2001:db8::1]:26") == Route(".test", "[2001:db8::1]", 26)
    with pytest.raises(GrammarError):
        qmail.route("no route")


@given(st.lists(st.tuples(st.sampled_from(["", "."]), NAME), min_size=1))
def test_closer_routes_come_first(domains: list[tuple[str, str]]) -> None:
    routes = sorted(
        (Route(dot + name, "r") for dot, name in domains), key=lambda one: one.specificity
    )
    exact = [not one.domain.startswith(".") for one in routes]
    assert exact == sorted(exact, reverse=True)


@given(NAME, NAME)
def test_every_virtual_domain_is_read_back(domain: str, user: str) -> None:
    assert qmail.virtual(f"{domain}:{user}") == (domain, user)


def test_each_kind_of_instruction_is_known() -> None:
    text = "# to alice\n&alice@example.com\nbob\n|prog x\n./Maildir/\n/var/mbox\n\n&a b\n"
    assert qmail.instructions(text) == [
        (2, Member(Kind.ADDRESS, "alice@example.com")),
        (3, Member(Kind.ADDRESS, "bob")),
        (4, Member(Kind.PROGRAM, "prog x")),
        (5, Member(Kind.FILE, "./Maildir/")),
        (6, Member(Kind.FILE, "/var/mbox")),
        (8, Member(Kind.UNREAD, "a b")),
    ]


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    qmail.instructions(text)
    for read in (qmail.route, qmail.virtual):
        try:
            read(text)
        except GrammarError:
            continue
