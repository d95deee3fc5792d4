"""Parameters of Content-Type and Content-Disposition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import parameters


@pytest.mark.parametrize(
    ("value", "main", "expected"),
    [
        (b"text/plain", "text/plain", {}),
        (b"Text/Plain; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
        (b'text/plain; charset="utf-8"; x=y', "text/plain", {"charset": "utf-8", "x": "y"}),
        (b'a/b; name="a;b\\"c"', "a/b", {"name": 'a;b"c'}),
        (b"a/b (comment); x = y (other)", "a/b", {"x": "y"}),
        (b"attachment; filename*=utf-8'en'%e2%82%ac.txt", "attachment", {"filename": "€.txt"}),
        (
            b"attachment; filename*0*=iso-8859-1''%e9; filename*1=b; filename*2*=%2e",
            "attachment",
            {"filename": "éb."},
        ),
        (b"a; filename=x; filename*=utf-8''%C3%A9", "a", {"filename": "é"}),
        (b'a; filename="=?utf-8?q?=C3=A9?="', "a", {"filename": "é"}),
        (b"a; filename*0=a; filename*2=c", "a", {"filename": "a"}),
        (b'a; x="unterminated; y=z', "a", {"x": "unterminated; y=z"}),
        (b"a;;; x=1;;y=2;", "a", {"x": "1", "y": "2"}),
        (b"a; x=1; x=2", "a", {"x": "1"}),
        (b"", "", {}),
    ],
)
def test_parameters_are_understood(value: bytes, main: str, expected: dict[str, str]) -> None:
    parsed = parameters.parse(value)
    assert (parsed.value, parsed.parameters) == (main, expected)


def test_only_so_many_parameters_are_read() -> None:
    value = b"a/b" + b"".join(b"; p%d=x" % number for number in range(16_000))
    assert len(parameters.parse(value).parameters) == 100


@given(st.binary(max_size=400))
def test_any_octets_have_parameters_or_none(value: bytes) -> None:
    parameters.parse(value)


@given(st.text(alphabet="abc;=*'\"\\% 0()", max_size=300))
def test_any_punctuation_has_parameters_or_none(value: str) -> None:
    parameters.parse(value.encode())
