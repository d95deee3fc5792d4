"""Whose message it is, however its From is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.mailauth.author import author_domain, author_domains
from mailcore.mailauth.text import SignedText
from mailcore.queue.content import Content


def text(*fields: bytes) -> SignedText:
    return SignedText.of(Content.of(b"".join(one + b"\r\n" for one in fields) + b"\r\nhi\r\n"))


@pytest.mark.parametrize(
    "field",
    [b"From: ceo@bank.test", b"From : ceo@BANK.test.", b"FROM:\r\n ceo@bank.test",
     b"From: group: ceo@bank.test;", b"From: <@a.test:ceo@bank.test>",
     b"From: (evil@evil.test) ceo @ bank.test", b'From: "x@evil.test" <ceo@bank.test>',
     b"From: Ceo <ceo@bank.test", b"From: ceo@bank.test <>", b'From: "ceo@bank.test"',
     b"From: =?utf-8?q?ceo=40bank.test?=", b"From: ceo@bank.test ceo@bank.test"],
)  # fmt: skip
def test_the_domain_a_reader_could_see_is_found(field: bytes) -> None:
    assert author_domains(text(field)) == ("bank.test",)


@pytest.mark.parametrize(
    "fields",
    [(b"From: x@evil.test, ceo@bank.test",), (b"From: <x@evil.test> <ceo@bank.test>",),
     (b"From: x@evil.test", b"From: ceo@bank.test"), (b"From: x@evil.test ceo@bank.test",)],
)  # fmt: skip
def test_several_domains_are_all_found(fields: tuple[bytes, ...]) -> None:
    assert set(author_domains(text(*fields))) == {"evil.test", "bank.test"}


def test_letters_beyond_ascii_are_asked_for_as_dns_has_them() -> None:
    assert author_domains(text("From: a@bänk.test".encode())) == ("xn--bnk-qla.test",)


def test_nobody_is_nobody() -> None:
    assert author_domains(text(b"From: root")) == ()
    assert author_domains(text(b"Subject: x")) == ()
    assert author_domain(text(b"From: a@one.test", b"From: a@one.test")) == ""


@given(st.binary(max_size=300))
def test_any_field_has_few_authors(value: bytes) -> None:
    assert len(author_domains(text(b"From: " + value))) <= 5
