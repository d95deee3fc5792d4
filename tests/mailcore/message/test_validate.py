"""Findings: raw 8-bit headers, bare line ends, long lines, broken MIME."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import mime, validate
from mailcore.message.validate import Kind
from mailcore.protocol.lines import long_line


def kinds(found: list[validate.Finding]) -> list[Kind]:
    return [finding.kind for finding in found]


def test_raw_eight_bit_headers_are_found() -> None:
    header = "Subject: caf\u00e9\r\n".encode()
    assert kinds(validate.in_header(header)) == [Kind.RAW_EIGHT_BIT]
    assert validate.in_header(header)[0].offset == 12
    assert not validate.in_header(header, smtputf8=True)


def test_smtputf8_allows_only_utf8() -> None:
    assert kinds(validate.in_header(b"S: \xe9\r\n", smtputf8=True)) == [Kind.RAW_EIGHT_BIT]


def test_large_headers_are_found() -> None:
    assert Kind.LARGE_HEADER in kinds(validate.in_header(b"A: b\r\n" * 30_000))
    assert kinds(validate.in_header(b"A: b\r\n" * 501)) == [Kind.MANY_FIELDS]
    assert not validate.in_header(b"A: b\r\n c\r\n\td\r\n" * 400)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"a\rb\r\n", Kind.BARE_CR),
        (b"a\nb\r\n", Kind.BARE_LF),
        (b"a\r\r\n", Kind.BARE_CR),
        (b"a\n\r\n", Kind.BARE_LF),
        (b"a\0b\r\n", Kind.NUL),
        (b"a" * 5_001 + b"\r\n", Kind.LONG_LINE),
    ],
)
def test_what_the_wire_may_not_carry_is_found(data: bytes, kind: Kind) -> None:
    assert kinds(validate.in_wire_form(b"x\r\n" + data)) == [kind]


def test_good_wire_form_has_no_findings() -> None:
    assert not validate.in_wire_form(b"a\r\n" + b"b" * 5_000 + b"\r\n\r\n.\r\n")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"Content-Transfer-Encoding: rot13\n\n", "unknown Content-Transfer-Encoding"),
        (b"Content-Type: a/b\nContent-Type: c/d\n\n", "more than one Content-Type"),
        (b"Content-Type: multipart/mixed\n\n", "without a boundary"),
    ],
)
def test_broken_mime_is_found(data: bytes, words: str) -> None:
    (found,) = validate.in_structure(mime.scan(data))
    assert found.kind is Kind.BROKEN_MIME
    assert words in found.text


def slow_long_line(data: bytes, limit: int) -> int:
    at = 0
    for line in data.split(b"\n"):
        if len(line) > limit + 1 or (len(line) > limit and not line.endswith(b"\r")):
            return at
        at += len(line) + 1
    return -1


@given(st.lists(st.integers(0, 20), max_size=20), st.integers(3, 12))
def test_long_lines_are_found_wherever_they_are(lengths: list[int], limit: int) -> None:
    data = b"".join(b"x" * length + b"\r\n" for length in lengths)
    assert long_line(data, limit) == slow_long_line(data, limit)


@given(st.binary(max_size=500))
def test_any_octets_have_findings_or_none(data: bytes) -> None:
    validate.in_wire_form(data)
    validate.in_header(data)
    validate.in_structure(mime.scan(data))
