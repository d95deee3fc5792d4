"""What is added to headers and read from them.  Courier MIME; RFC 8689."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import rewrite
from mailcore.message.rewrite import mime_fields


@pytest.mark.parametrize(
    ("head", "charset", "encoding"),
    [
        (b"plain", b"us-ascii", b"7bit"),
        ("grüße".encode(), b"utf-8", b"8bit"),
        ("grüße".encode()[:-2], b"utf-8", b"8bit"),
        ("grüße".encode("latin-1"), b"unknown-8bit", b"8bit"),
    ],
)
def test_a_message_without_mime_is_labelled(head: bytes, charset: bytes, encoding: bytes) -> None:
    assert mime_fields(b"subject: x\r\n", head, ascii_only=head.isascii()) == (
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=" + charset + b"\r\n"
        b"Content-Transfer-Encoding: " + encoding + b"\r\n"
    )


def test_what_is_there_stays() -> None:
    whole = b"mime-version: 1.0\r\ncontent-type: text/html\r\n"
    assert mime_fields(whole, b"", ascii_only=True) == b""
    typed = b"content-type: text/html\r\n"
    assert mime_fields(typed, b"", ascii_only=True) == b"MIME-Version: 1.0\r\n"
    assert mime_fields(b"content-transfer-encoding: base64\r\n", b"", ascii_only=True) == b""


@pytest.mark.parametrize(
    ("block", "optional"),
    [
        (b"TLS-Required: No\r\n", True),
        (b"Subject: x\r\ntls-required:\r\n\tnO \r\n", True),
        (b"TLS-Required: Yes\r\n", False),
        (b"TLS-Required: No\r\nTLS-Required: No\r\n", False),
        (b"X-TLS-Required: No\r\n", False),
        (b"Subject: TLS-Required: No\r\n", False),
    ],
)
def test_one_field_that_says_no_makes_tls_optional(block: bytes, optional: bool) -> None:
    assert rewrite.says_tls_is_optional(block, block.lower()) is optional


@given(st.binary(max_size=200))
def test_property_only_the_word_no_makes_tls_optional(value: bytes) -> None:
    block = b"TLS-Required:" + re.sub(rb"[\r\n]", b" ", value) + b"\r\n"
    wanted = re.fullmatch(rb"\s*no\s*", block[13:-2], re.IGNORECASE) is not None
    assert rewrite.says_tls_is_optional(block, block.lower()) is wanted
