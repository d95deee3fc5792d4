"""What makes two messages copies of one another."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import fingerprint

TEXT = "Dear friend, you have won a million in our lottery, write back today please."


def plain(text: str, fields: str = "") -> bytes:
    return f"Subject: x\r\n{fields}\r\n{text}\r\n".encode()


def test_copies_differ_in_header_spacing_case_and_encoding_only() -> None:
    encoded = base64.b64encode(TEXT.encode()).decode()
    copies = {
        fingerprint.of(plain(TEXT)),
        fingerprint.of(plain(TEXT.upper().replace(" ", "\r\n"), "To: ann\r\n")),
        fingerprint.of(plain(encoded, "Content-Transfer-Encoding: base64\r\n")),
    }
    assert len(copies) == 1
    assert fingerprint.of(plain(TEXT + " Really")) not in copies


def test_too_few_words_tell_no_copies() -> None:
    assert fingerprint.of(plain("")) is None
    assert fingerprint.of(plain("Thanks, see you tomorrow!")) is None


def test_the_same_letter_with_another_file_is_another_message() -> None:
    def letter(octets: bytes) -> bytes:
        return (
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHere it is\r\n--b\r\n"
            b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.b64encode(octets)
            + b"\r\n--b--\r\n"
        )

    assert fingerprint.of(letter(b"one")) != fingerprint.of(letter(b"two"))
    assert fingerprint.of(letter(b"one")) == fingerprint.of(letter(b"one"))


@given(st.binary(max_size=500))
def test_property_any_octets_have_a_fingerprint_or_none(octets: bytes) -> None:
    found = fingerprint.of(octets)
    assert found is None or len(found) == 64
