"""Binary parts become base64 and decode to what they were."""

import os

from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import binary, mime, validate

BOUNDARY = b"=_4f1c"


def message(octets: bytes) -> bytes:
    return (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"%b\"\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n"
        b"--%b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        b"--%b\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: BINARY\r\n\r\n%b\r\n--%b--\r\n"
    ) % (BOUNDARY, BOUNDARY, BOUNDARY, octets, BOUNDARY)  # fmt: skip


@given(st.binary(max_size=2_000))
def test_what_a_part_decodes_to_stays(octets: bytes) -> None:
    if b"--" + BOUNDARY in octets:
        return
    made = binary.without_binary(message(octets))
    assert validate.in_wire_form(made) == []
    root = mime.scan(made)
    assert mime.decoded(made, root.children[1]) == octets
    assert root.encoding == "8bit"


def test_a_message_that_is_one_binary_part_is_converted_too() -> None:
    octets = os.urandom(300) + b"\n\0\r"
    head = b"MIME-Version: 1.0\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary"
    made = binary.without_binary(head + b"\r\n\r\n" + octets)
    assert mime.decoded(made, mime.scan(made)) == octets
    assert made.endswith(b"\r\n")


def test_what_does_not_say_binary_stays_as_it_is() -> None:
    for text in (b"Subject: x\r\n\r\na\0b\n\r\n", b"\r\n"):
        assert binary.without_binary(text) == text
