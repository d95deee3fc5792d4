"""Encoded words, both ways, and what hides in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import encoded_words
from mailcore.message.charset import to_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?ISO-8859-1?Q?a?=", "a"),
        (b"=?ISO-8859-1?Q?a?= b", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a?=  \t =?ISO-8859-2?Q?_b?=", "a b"),
        (b"=?ISO-8859-1?Q?a_b?=", "a b"),
        (b"=?utf-8*de?q?caf=C3=A9?=", "café"),
        (b"=?utf-8?b?w6k=?=", "é"),
        (b"=?utf-8?b?w6k?=", "é"),
        (b"=?utf-8?b?ww==?= =?utf-8?b?qQ==?=", "é"),  # one character split over two words
        (b"=?windows-1252?q?=80?=", "€"),
        (b"=?iso-2022-jp?B?GyRCJDMkcxsoQg==?=", "こん"),
        (b"=?nonsense?q?x=E9?=", "xé"),
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("raw é".encode(), "raw é"),
        (b"raw \xe9", "raw é"),
    ],
)
def test_values_are_decoded_for_people(value: bytes, text: str) -> None:
    assert encoded_words.decode(value) == text


@pytest.mark.parametrize("hidden", ["=0D=0A", "=00", "=E2=80=A8", "=C2=85", "=7F"])
def test_controls_hidden_in_encoded_words_do_not_come_out(hidden: str) -> None:
    text = encoded_words.decode(f"=?utf-8?q?a{hidden}b?=")
    assert not set(text) & set("\r\n\0\x7f\x85\u2028\u2029")


@pytest.mark.parametrize("label", ["zlib", "hex", "rot13", "unicode_escape", "idna", "punycode"])
def test_codecs_that_are_no_charsets_are_not_used(label: str) -> None:
    assert to_text(b"=41\\x41 abc", label) == "=41\\x41 abc"


def test_only_so_many_words_are_decoded() -> None:
    text = encoded_words.decode(b"=?utf-8?q?a?= " * 2_000)
    assert text.startswith("a" * 1_000)
    assert text.count("=?") == 1_000


@given(st.text(max_size=300))
def test_text_survives_being_encoded(text: str) -> None:
    value = encoded_words.encode(text)
    assert value.isascii()
    assert b"\r" not in value
    assert b"\n" not in value
    expected = encoded_words.safe(text).encode("utf-8", "replace").decode("utf-8")
    assert encoded_words.decode(value) == expected


@given(st.text(max_size=300))
def test_encoded_words_are_short_enough(text: str) -> None:
    for word in encoded_words.encode_phrase(text).split(b" "):
        assert len(word) <= 75


@given(st.binary(max_size=500))
def test_any_octets_decode_to_harmless_text(value: bytes) -> None:
    text = encoded_words.decode(value)
    assert not set(text) & set("\r\n\0\u2028\u2029")


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_octets_are_text_in_any_charset(data: bytes, label: str) -> None:
    assert isinstance(to_text(data, label), str)
