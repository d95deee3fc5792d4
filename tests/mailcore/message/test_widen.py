"""Quoted-printable text becomes 8-bit text where that can be sent.  Courier MIME=8bit."""

import email

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import mime
from mailcore.message.recode import quoted_printable
from mailcore.message.widen import to_eight_bit

QP = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
NEST = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/%b; boundary=b\r\n\r\n--b\r\n"
    + QP
    + b"\r\ngr=C3=BC=C3=9Fe\r\n--b\r\nContent-Type: image/png\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n"
)


def test_text_is_decoded_and_labelled() -> None:
    found = to_eight_bit(b"MIME-Version: 1.0\r\n" + QP + b"\r\ngr=C3=BC=\r\n=C3=9Fe\r\n")
    assert found == (
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + "grüße\r\n".encode()
    )


def test_the_parts_around_say_so_too_and_others_stay() -> None:
    found = to_eight_bit(NEST % b"mixed")
    assert found.split(b"--b")[0].endswith(b"Content-Transfer-Encoding: 8bit\r\n\r\n")
    assert "\r\n\r\ngrüße\r\n--b".encode() in found
    assert b"\r\n\r\naGVsbG8=\r\n--b--\r\n" in found


@pytest.mark.parametrize(
    "message",
    [
        NEST % b"signed",
        QP + b"\r\n" + b"=C3=BC" * 500 + b"\r\n",  # a line of 1,000 octets
        QP + b"\r\na=00b\r\n",
        QP + b"\r\na=0Db\r\n",
        b"Subject: plain\r\n\r\nhello\r\n",
    ],
)
def test_what_cannot_be_sent_as_it_is_stays(message: bytes) -> None:
    assert to_eight_bit(message) == message


def test_eight_bit_that_is_none_says_seven() -> None:
    label = b"MIME-Version: 1.0\r\nContent-Transfer-Encoding: %b\r\nContent-Type: text/plain\r\n"
    found = to_eight_bit(label % b"8bit" + b"\r\nhello\r\n")
    assert b"Content-Transfer-Encoding: 7bit\r\n\r\nhello\r\n" in found
    assert b"8bit" not in found


@given(st.text(st.characters(exclude_characters="\r\n\0"), max_size=200))
def test_property_the_text_is_the_same_as_before(text: str) -> None:
    line = text.encode("utf-8", "replace")
    message = b"MIME-Version: 1.0\r\n" + QP + b"\r\n" + quoted_printable(line) + b"\r\n"
    found = email.message_from_bytes(to_eight_bit(message))
    assert found.get_payload(decode=True) == line + b"\r\n"


@given(st.binary(max_size=300))
def test_property_any_octets_come_back_without_a_break(octets: bytes) -> None:
    found = to_eight_bit(QP + b"\r\n" + octets)
    assert mime.scan(found).encoding in ("quoted-printable", "8bit", "7bit")
