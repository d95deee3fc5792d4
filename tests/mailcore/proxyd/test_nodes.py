"""The lines of `proxy.nodes`, and whose account is where."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.accounts.directory import AccountValue
from mailcore.conf.schema.proxy import Proxy
from mailcore.errors import ConfigError
from mailcore.proxyd import nodes
from mailcore.proxyd.nodes import Node

OWN = Node("main", "127.0.0.1", 2143, 2110, "none")
RULES = Proxy(nodes=("a mail-a.example.com", "B mail-b.example.com tls=implicit", "not a line ="))
ALICE = AccountValue(
    id=1, address="alice@example.com", domain="example.com", display_name="", maildir=Path("x"),
    home=Path("x"), quota_bytes=0, quota_messages=0, active=True, is_superuser=False, password="",
    scram_sha256="",
)  # fmt: skip


def test_a_line_says_what_is_not_usual() -> None:
    assert nodes.parse("a mail-a.example.com") == Node("a", "mail-a.example.com")
    assert nodes.parse("b 2001:db8::1 tls=implicit pop3=0 certificate=any") == Node(
        "b", "2001:db8::1", 993, 0, "implicit", checked=False
    )
    assert nodes.parse("c 192.0.2.1 tls=none imap=1143") == Node(
        "c", "192.0.2.1", 1143, 110, "none"
    )


@pytest.mark.parametrize(
    "line",
    ["", "a", "a b c", "a b tls=", "a b tls=ssl", "a b imap=70000", "a b imap=x", "a b imap=1 imap=2",
     "a b certificate=maybe", "-a b", "a -b", "a b/c", "a b colour=red"],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_refused(line: str) -> None:
    with pytest.raises(ConfigError):
        nodes.parse(line)


@given(st.text(max_size=60))
def test_property_any_text_is_a_line_or_refused(text: str) -> None:
    try:
        kept = nodes.written(text)
    except ConfigError:
        return
    assert nodes.parse(kept) == nodes.parse(text)


@pytest.mark.parametrize(
    ("account", "rules", "name"),
    [
        (replace(ALICE, node="a"), RULES, "a"),
        (replace(ALICE, node="b"), RULES, "B"),
        (replace(ALICE, options={"mailhost": "MAIL-B.example.com"}), RULES, "B"),
        (replace(ALICE, options={"mailhost": "a"}, node="b"), RULES, "B"),
        (replace(ALICE, node="main"), RULES, "main"),
        (ALICE, RULES, "main"),
        (ALICE, replace(RULES, default_node="a"), "a"),
        (None, replace(RULES, default_node="a"), "a"),
    ],
)
def test_an_account_is_on_the_node_it_names_or_the_usual_one(
    account: AccountValue | None, rules: Proxy, name: str
) -> None:
    found = nodes.of_account(account, rules, OWN)
    assert found is not None
    assert found.name == name


def test_a_node_that_is_not_listed_is_nowhere() -> None:
    assert nodes.of_account(replace(ALICE, node="z"), RULES, OWN) is None
    assert nodes.of_account(ALICE, replace(RULES, default_node="z"), OWN) is None


def test_this_machine_may_be_listed_itself() -> None:
    rules = replace(RULES, nodes=("main 192.0.2.9",))
    found = nodes.of_account(ALICE, rules, OWN)
    assert found == Node("main", "192.0.2.9")
