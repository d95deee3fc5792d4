"""The part tree: offsets, defaults, broken and hostile structure."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailcore.message import mime
from mailcore.message.limits import Limits
from mailcore.message.mime import find, scan, walk

TWO_PARTS = b"""\
From: a@example.com\r
Content-Type: multipart/mixed; boundary="out"\r
\r
preamble\r
--out\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
caf=C3=A9\r
--out\r
Content-Type: application/pdf; name="x.pdf"\r
Content-Disposition: attachment; filename="../../etc/r\xc3\xa9sum\xc3\xa9.pdf"\r
Content-Transfer-Encoding: base64\r
Content-ID: <1@example.com>\r
\r
aGVs\r
bG8=\r
\r
--out--\r
epilogue\r
"""


def shape(part: mime.Part) -> object:
    if part.embedded:
        return (part.content_type, shape(part.embedded))
    if part.children:
        return (part.content_type, [shape(child) for child in part.children])
    return part.content_type


@pytest.mark.parametrize("data", [TWO_PARTS, TWO_PARTS.replace(b"\r\n", b"\n")])
def test_parts_are_found_in_both_line_forms(data: bytes) -> None:
    root = scan(data)
    assert shape(root) == ("multipart/mixed", ["text/plain", "application/pdf"])
    text, pdf = root.children
    assert data[text.body_start : text.end] == b"caf=C3=A9"
    assert mime.text(data, text) == "café"
    assert mime.decoded(data, pdf) == b"hello"
    assert pdf.filename == "résumé.pdf"
    assert pdf.is_attachment
    assert pdf.id == b"<1@example.com>"
    assert root.end == len(data)
    assert not root.problems


def test_message_without_mime_is_plain_text() -> None:
    root = scan(b"Subject: x\r\n\r\none\r\ntwo\r\n")
    assert (root.content_type, root.lines, root.declared) == ("text/plain", 2, False)


def test_messages_inside_messages_are_taken_apart() -> None:
    data = (
        b"Content-Type: multipart/digest; boundary=d\n\n"
        b"--d\n\nSubject: one\nContent-Type: multipart/alternative; boundary=i\n\n"
        b"--i\n\nplain\n--i\nContent-Type: text/html\n\n<p>\n--i--\n"
        b"--d\nContent-Type: message/rfc822\n\nSubject: two\n\nbody\n--d--\n"
    )
    root = scan(data)
    first, second = root.children
    assert shape(first) == (
        "message/rfc822",
        ("multipart/alternative", ["text/plain", "text/html"]),
    )
    assert shape(second) == ("message/rfc822", "text/plain")
    assert second.embedded
    assert data[second.embedded.body_start : second.embedded.end] == b"body"
    assert find(root, [1, 2]) is first.embedded.children[1]  # type: ignore[union-attr]
    assert find(root, [2, 1]) is second.embedded
    assert find(root, [2]) is second
    assert find(root, [3]) is None
    assert find(root, [2, 1, 1]) is None


def test_part_one_of_a_plain_message_is_its_body() -> None:
    root = scan(b"A: b\n\nbody\n")
    assert find(root, [1]) is root
    assert find(root, [1, 1]) is None
    assert find(root, [2]) is None


def test_an_outer_delimiter_ends_inner_parts() -> None:
    data = (
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\ninner\n--a\n\nouter\n--a--\n"
    )
    root = scan(data)
    assert shape(root) == ("multipart/mixed", [("multipart/mixed", ["text/plain"]), "text/plain"])
    inner = root.children[0].children[0]
    assert data[inner.body_start : inner.end] == b"inner"


def test_delimiter_inside_a_part_header_ends_the_part() -> None:
    data = b"Content-Type: multipart/mixed; boundary=a\n\n--a\nX: y\n--a\n\nbody\n--a--\n"
    first, second = scan(data).children
    assert first.body_start == first.end
    assert data[second.body_start : second.end] == b"body"


def test_a_longer_line_is_no_delimiter() -> None:
    data = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\n--ab\n--a--x\n--a--\n"
    (part,) = scan(data).children
    assert data[part.body_start : part.end] == b"--ab\n--a--x"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"Content-Type: multipart/mixed\n\nx", "a multipart without a boundary"),
        (b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx", "a multipart is not closed"),
        (
            b"Content-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: base64\n\n--a--\n",
            "an encoded multipart",
        ),
        (
            b"Content-Type: multipart/mixed; boundary=a\n\n--a\n"
            b"Content-Type: multipart/mixed; boundary=a\n\n--a--\n",
            "a boundary used twice",
        ),
    ],
)
def test_broken_structure_is_noted(data: bytes, problem: str) -> None:
    assert problem in scan(data).problems


def test_unreadable_content_type_counts_as_plain_text() -> None:
    assert scan(b"Content-Type: ???\n\nx").content_type == "text/plain"
    assert scan(b"Content-Type: text\n\nx").content_type == "text/plain"


def test_thousands_of_nested_multiparts_stop_at_the_depth_limit() -> None:
    data = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000)
    )
    root = scan(data)
    assert "nested too deeply" in root.problems
    assert sum(1 for _ in walk(root)) <= 51


def test_thousands_of_nested_messages_stop_at_the_depth_limit() -> None:
    root = scan(b"Content-Type: message/rfc822\n\n" * 5_000)
    assert "nested too deeply" in root.problems
    assert sum(1 for _ in walk(root)) <= 51


def test_parts_stop_at_their_limit_but_no_octet_is_lost() -> None:
    data = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 3_000 + b"--b--\n"
    root = scan(data)
    assert len(root.children) == 999
    assert root.children[-1].end == len(data)
    assert len(scan(data, Limits(parts=5)).children) == 4


@given(st.binary(max_size=2_000))
def test_any_octets_have_a_tree(data: bytes) -> None:
    check(data)


pieces = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b"--a",
        b"--b--",
        b"--a--",
        b"--b",
        b"Content-Type: multipart/mixed; boundary=a",
        b"Content-Type: multipart/digest; boundary=b",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"text",
        b":",
    ]
)


@settings(max_examples=300)
@given(st.lists(pieces, max_size=60))
def test_any_mixture_of_delimiters_has_a_sound_tree(found: list[bytes]) -> None:
    check(b"".join(found))
    check(b"\n".join(found))


def check(data: bytes) -> None:
    root = scan(data)
    assert root.header_start == 0
    assert root.end == len(data)
    for part in walk(root):
        assert 0 <= part.header_start <= part.body_start <= part.end <= len(data)
        for child in part.children:
            assert part.body_start <= child.header_start
            assert child.end <= part.end
        mime.text(data, part)
        mime.decoded(data, part)
