"""Broken messages attached to sound ones."""

from mailcore.message import mime, validate
from mailcore.message.wrap import wrapped

BROKEN = (
    b"From: a@x.test\r\nContent-Type: text/plain\r\nSubject: hi\r\n"
    b"Content-Transfer-Encoding: rot13\r\nMIME-Version: 1.0\r\n\r\nuryyb\r\n"
)


def test_the_original_is_attached_as_it_came() -> None:
    made = wrapped(BROKEN, "Broken MIME: unknown Content-Transfer-Encoding.")
    root = mime.scan(made)
    assert validate.in_structure(root) == []
    assert mime.decoded(made, root.children[1]) == BROKEN
    assert b"unknown Content-Transfer-Encoding" in mime.decoded(made, root.children[0])


def test_its_header_stays_but_for_mime() -> None:
    made = wrapped(BROKEN, "x")
    header = made[: made.index(b"\r\n\r\n")]
    assert header.startswith(b"From: a@x.test\r\nSubject: hi\r\nMIME-Version: 1.0\r\n")
    assert b"rot13" not in header


def test_a_message_without_a_body_is_wrapped_too() -> None:
    made = wrapped(b"Content-Type: multipart/mixed\r\n", "x")
    assert validate.in_structure(mime.scan(made)) == []
