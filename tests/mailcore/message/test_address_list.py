"""Address fields, well-formed, obsolete and malicious."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import address_list
from mailcore.message.address_list import Group, Mailbox, parse
from mailcore.message.limits import Limits


def flat(value: str | bytes) -> list[tuple[str, str]]:
    return [(entry.name, entry.address) for entry in address_list.mailboxes(value)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("alice@example.com", [("", "alice@example.com")]),
        ("<alice@example.com>", [("", "alice@example.com")]),
        ("Alice <alice@example.com>", [("Alice", "alice@example.com")]),
        ('"Smith, A." <a@example.com>', [("Smith, A.", "a@example.com")]),
        ("a@example.com, b@example.com", [("", "a@example.com"), ("", "b@example.com")]),
        ("a@example.com (Alice)", [("Alice", "a@example.com")]),
        ("A (x (y) z) B <a@example.com>", [("A B", "a@example.com")]),
        ('"a b"@example.com', [("", '"a b"@example.com')]),
        ("a . b @ example . com", [("", "a.b@example.com")]),
        ("<@relay.example,@other.example:a@example.com>", [("", "a@example.com")]),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
        ("=?utf-8?q?J=C3=B6rg?= <j@example.com>", [("Jörg", "j@example.com")]),
        ("root", [("", "root")]),
        ("jörg@example.com", [("", "jörg@example.com")]),
        (",, a@example.com ,,", [("", "a@example.com")]),
        ("", []),
        ("<>", [("<>", "")]),
    ],
)
def test_addresses_are_understood(value: str, expected: list[tuple[str, str]]) -> None:
    assert flat(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "alice@example.org)bob@evil.example",
        "alice@example.org@evil.example",
        "<alice@example.org bob@evil.example>",
        "alice smith",
        "alice@",
        "@example.org",
        '"alice@example.org"x@evil.example',
        "alice@example.org\x00@evil.example",
        "al\x00ice@example.org",
    ],
)
def test_half_understood_values_name_nobody(value: str) -> None:
    assert [address for _, address in flat(value)] == [""]


def test_an_encoded_at_sign_makes_no_address() -> None:
    value = b"=?utf-8?q?boss=40example.com?= <eve@evil.example>"
    assert flat(value) == [("boss@example.com", "eve@evil.example")]


def test_groups_have_members() -> None:
    assert parse("Team: a@example.com, B <b@example.com>;, c@example.com") == [
        Group(
            "Team",
            (Mailbox("", "a", "example.com", ""), Mailbox("B", "b", "example.com", "B")),
            "Team",
        ),
        Mailbox("", "c", "example.com", ""),
    ]
    assert parse("undisclosed-recipients:;") == [
        Group("undisclosed-recipients", (), "undisclosed-recipients")
    ]


def test_only_so_many_addresses_are_read() -> None:
    assert len(parse("a@example.com," * 9_000)) == 5_000
    assert len(parse("a@example.com," * 9, Limits(addresses=2))) == 2


local_part = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
domain = st.from_regex(r"[a-z][a-z0-9-]{0,10}(\.[a-z]{2,5}){1,3}", fullmatch=True)
name = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=40)


@given(st.lists(st.tuples(name, local_part, domain), max_size=5))
def test_what_is_formatted_is_read_back(entries: list[tuple[str, str, str]]) -> None:
    value = address_list.format(Mailbox(*entry) for entry in entries)
    found = address_list.mailboxes(value)
    assert [(entry.name, entry.local, entry.domain) for entry in found] == entries


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
def test_any_value_has_addresses_or_none(value: str | bytes) -> None:
    for entry in address_list.mailboxes(value):
        assert not set(entry.address) & set("\r\n\0")


@given(st.text(alphabet='<>()[]:;@,."\\ a\t\n', max_size=300))
def test_any_punctuation_has_addresses_or_none(value: str) -> None:
    address_list.format(parse(value))
