"""Sender spoofing by a user: every trick of the From field is judged by its addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.envelope import Path
from mailcore.policy import authors

ALICE = Path.of("alice@example.com")
CEO = Path.of("ceo@bank.test")


@pytest.mark.parametrize(
    "block",
    [
        b"From: alice@example.com\r\n",
        b"From: Alice <alice@example.com>\r\nSender: alice@EXAMPLE.com\r\n",
        b'From: "ceo@bank.test" <alice@example.com>\r\n',
        b"From: =?utf-8?q?ceo=40bank=2Etest?= <alice@example.com>\r\n",
        b"From: alice@example.com (ceo)\r\n",
        b"From: team: alice@example.com;\r\n",
    ],
)
def test_a_name_for_people_is_not_an_address(block: bytes) -> None:
    assert authors.named(block) == {ALICE}


@pytest.mark.parametrize(
    "block",
    [
        b"From: ceo@bank.test\r\n",
        b"From: alice@example.com, ceo@bank.test\r\n",
        b"From: alice@example.com\r\nSender: ceo@bank.test\r\n",
        b"From: alice@example.com\r\nResent-From: ceo@bank.test\r\n",
        b"From: alice@example.com\r\nResent-Sender: ceo@bank.test\r\n",
        b"From: alice@example.com\r\nSENDER : ceo@bank.test\r\n",
        b"From: team: alice@example.com, ceo@bank.test;\r\n",
        b"From: <ceo@bank.test> (alice@example.com)\r\n",
        b"From: alice@example.com\r\n ,ceo@bank.test\r\n",
    ],
)
def test_another_address_is_found_or_the_field_is_unclear(block: bytes) -> None:
    found = authors.named(block)
    assert found is None or CEO in found


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"Subject: nobody wrote this\r\n",
        b"From: \r\n",
        b"From: team:;\r\n",
        b"From: alice\r\n",
        b"From: alice@example.com\r\nFrom: ceo@bank.test\r\n",
        b"From: ceo@bank.test <alice@example.com>\r\n",
        b"From: alice@example.com)ceo@bank.test\r\n",
        b"From: ceo@bank.test\0<alice@example.com>\r\n",
        b"From: <alice@example.com>ceo@bank.test\r\n",
        b"From: alice@example.com@bank.test\r\n",
    ],
)
def test_what_cannot_be_told_for_sure_is_unclear(block: bytes) -> None:
    found = authors.named(block)
    assert found is None or CEO in found


@given(st.binary(max_size=200))
def test_any_field_is_judged(value: bytes) -> None:
    found = authors.named(b"From: " + value + b"\r\n")
    assert found is None or all(path.domain for path in found)
