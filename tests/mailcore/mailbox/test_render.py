"""What is made of a message once, whatever message it is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.mailbox.render import render, with_crlf, with_lf
from mailcore.protocol.imap.lexer import Arguments


def skip_value(arguments: Arguments) -> None:
    """Walk over one value of a FETCH response."""
    if arguments.peek() == b"(":
        arguments.at += 1
        while not arguments.skip(b")"):
            arguments.skip(b" ")
            skip_value(arguments)
    elif arguments.peek() in (b'"', b"{"):
        arguments.string()
    else:
        arguments.atom()


HEADERISH = st.sampled_from(
    [b"From: a@b.c\r\n", b"To: (", b"Subject: =?utf-8?q?x?=", b"\r\n", b"\r\n\r\n", b"--x\r\n",
     b'Content-Type: multipart/mixed; boundary="x"\r\n', b"Content-Type: message/rfc822\r\n",
     b"Content-Disposition: attachment; filename*=utf-8''%ff\r\n", b"\xff\xfe", b"\0", b'"', b"\\", b","]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=400), st.lists(HEADERISH, max_size=30).map(b"".join)))
def test_any_octets_make_well_formed_responses(data: bytes) -> None:
    rendered = render(with_crlf(data))
    for value in (rendered.envelope, rendered.bodystructure):
        arguments = Arguments(value)
        skip_value(arguments)
        arguments.end()
    assert "\n" not in rendered.subject


@given(st.binary(max_size=200).filter(lambda data: b"\r" not in data))
def test_line_ends_come_and_go(data: bytes) -> None:
    assert with_lf(with_crlf(data)) == data
    assert with_crlf(with_crlf(data)) == with_crlf(data)


@pytest.mark.parametrize(
    "message",
    [
        b"To: " + b"a " * 80_000 + b"\r\n\r\n",
        b"Subject: " + b"=?utf-8?q?x?= " * 20_000 + b"\r\n\r\n",
        b"Subject: " + b"Re: " * 20_000 + b"\r\n\r\n",
        b"To: " + b"(" * 10_000 + b"\r\n\r\n",
        b"Content-Type: text/plain" + b"; a=b" * 16_000 + b"\r\n\r\n",
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(1000)),
        b"Content-Type: message/rfc822\r\n\r\n" * 1000,
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 10_000,
        b"Content-Type: text/html\r\n\r\n" + b"<" * 100_000,
    ],
    ids=["words", "encoded-words", "replies", "comments", "parameters", "nested", "messages", "parts", "html"],
)  # fmt: skip
def test_hostile_messages_cost_little(message: bytes) -> None:
    began = time.process_time()
    rendered = render(message)
    assert time.process_time() - began < 2
    assert len(rendered.bodystructure) < 10 * len(message) + 1000
