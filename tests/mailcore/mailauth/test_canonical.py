"""Canonical forms: the RFC's examples, dkimpy as witness, any cut into chunks."""

import hashlib

from dkim import canonicalization
from hypothesis import given
from hypothesis import strategies as st

from mailcore.mailauth.canonical import RELAXED, SIMPLE, BodyHash, relaxed_field

BODIES = st.lists(
    st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\r\n", b"  b", b"\r", b"\n", b"\xff"]),
    max_size=40,
).map(b"".join)


def hashed(body: bytes, form: str, at: int = 3, limit: int | None = None) -> BodyHash:
    made = BodyHash(form, limit)
    for start in range(0, len(body), at):
        made.feed(body[start : start + at])
    return made


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def test_the_examples_of_rfc_6376() -> None:
    body = b" C \r\nD \t E\r\n\r\n\r\n"
    assert hashed(body, RELAXED).finish() == digest(b" C\r\nD E\r\n")
    assert hashed(body, SIMPLE).finish() == digest(b" C \r\nD \t E\r\n")
    assert relaxed_field(b"A: X\r\n") == b"a:X\r\n"
    assert relaxed_field(b"B : Y\t\r\n\tZ  \r\n") == b"b:Y Z\r\n"


def test_an_empty_body_is_a_line_end_in_the_simple_form_and_nothing_in_the_relaxed() -> None:
    assert hashed(b"", SIMPLE).finish() == digest(b"\r\n")
    assert hashed(b"", RELAXED).finish() == digest(b"")
    assert hashed(b" \r\n\t\r\n", RELAXED).finish() == digest(b"")


@given(BODIES, st.integers(1, 9))
def test_it_does_not_matter_how_a_body_is_cut(body: bytes, at: int) -> None:
    for form in (SIMPLE, RELAXED):
        assert hashed(body, form, at).finish() == hashed(body, form, 1000).finish()


@given(
    st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"  b"]), max_size=40).map(b"".join),
    st.integers(1, 9),
)
def test_dkimpy_hashes_the_same(body: bytes, at: int) -> None:
    body += b"\r\n"
    assert hashed(body, SIMPLE, at).finish() == digest(
        canonicalization.Simple.canonicalize_body(body)
    )
    assert hashed(body, RELAXED, at).finish() == digest(
        canonicalization.Relaxed.canonicalize_body(body)
    )


def test_only_the_first_octets_are_hashed_when_told_so() -> None:
    made = hashed(b"abcdef\r\n", SIMPLE, limit=4)
    assert made.finish() == digest(b"abcd")
    assert made.is_cut
    made = hashed(b"abc\r\n", SIMPLE, limit=5)
    assert made.finish() == digest(b"abc\r\n")
    assert not made.is_cut


def test_a_body_of_nothing_but_line_ends_is_held_as_a_number() -> None:
    made = BodyHash(RELAXED)
    for _ in range(200):
        made.feed(b"\r\n" * 65_536)
    assert made._held == b""
    made.feed(b" " * 1_000_000 + b"x")
    made.finish()
    assert made.size == 200 * 131_072 + 4
