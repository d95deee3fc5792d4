"""MIME headers for messages that lack them.  Courier MIME; COURIER §15.2."""

import pytest

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
