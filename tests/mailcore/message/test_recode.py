"""Conversion to seven bits keeps the structure and the words."""

from email import message_from_bytes, policy

from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import mime
from mailcore.message.recode import base64_lines, quoted_printable, to_seven_bit

TEXT = "Grüße aus Köln, 10 €"


def test_ascii_is_left_alone() -> None:
    message = b"Subject: x\r\n\r\nplain\r\n"
    assert to_seven_bit(message) is message


def test_plain_text_becomes_quoted_printable() -> None:
    message = (
        "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: 8bit\r\n\r\n{TEXT}\r\n.dot\r\n"
    ).encode()
    converted = to_seven_bit(message)
    assert converted.isascii()
    assert converted.count(b"Content-Transfer-Encoding") == 1
    read = message_from_bytes(converted, policy=policy.default)
    assert read.get_content().splitlines() == [TEXT, ".dot"]


def test_text_without_mime_headers_gets_them() -> None:
    converted = to_seven_bit(f"Subject: x\r\n\r\n{TEXT}\r\n".encode())
    assert converted.isascii()
    read = message_from_bytes(converted, policy=policy.default)
    assert read["MIME-Version"] == "1.0"
    assert read.get_payload(decode=True) == f"{TEXT}\r\n".encode()


def test_each_part_is_converted_by_itself() -> None:
    message = (
        b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + TEXT.encode()
        + b"\r\n--b\r\nContent-Type: text/plain\r\n\r\nascii\r\n"
        b"--b\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\xff\xfe\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        b"Subject: inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + TEXT.encode()
        + b"\r\n--b--\r\n"
    )
    converted = to_seven_bit(message)
    assert converted.isascii()
    root = mime.scan(converted)
    assert [part.content_type for part in mime.walk(root)] == [
        part.content_type for part in mime.walk(mime.scan(message))
    ]
    first, second, image, embedded = root.children
    assert mime.decoded(converted, first).decode() == TEXT
    assert second.encoding == ""
    assert mime.decoded(converted, image) == b"\x00\xff\xfe"
    assert embedded.encoding == "7bit"
    assert embedded.embedded is not None
    assert mime.decoded(converted, embedded.embedded).decode() == TEXT


@given(st.binary(max_size=400))
def test_base64_reads_back(data: bytes) -> None:
    import base64

    written = base64_lines(data)
    assert base64.b64decode(written) == data
    assert all(len(line) <= 76 for line in written.split(b"\r\n"))


@given(st.binary(max_size=400).map(lambda data: data.replace(b"\r", b"").replace(b"\n", b"\r\n")))
def test_quoted_printable_reads_back(data: bytes) -> None:
    import quopri

    written = quoted_printable(data)
    assert quopri.decodestring(written) == data
    assert all(len(line) <= 76 for line in written.split(b"\r\n"))
    assert b"\n" not in written.replace(b"\r\n", b"")


@given(st.binary(max_size=600))
def test_anything_becomes_ascii(data: bytes) -> None:
    assert to_seven_bit(data).isascii()
