"""Messages that are refused or mended for their look."""

import pytest

from mailcore.accounts import administration
from mailcore.conf import current, store
from mailcore.message import mime
from mailcore.queue.models import Content, Message
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]
BROKEN = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: rot13\r\n\r\nuryyb\r\n"
EIGHT = "Subject: x\r\n\r\ngrüße\r\n".encode()
BASE64 = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"


def put(section: str, **values: object) -> None:
    store.save(section, values, by="test")
    current.refresh()


def user(address: tuple[str, int]) -> Connection:
    connection = Connection(address)
    connection.line()
    connection.send(b"EHLO x\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHdvbmRlcmxhbmQ=\r\n")
    while not connection.line().startswith("235 "):
        pass
    return connection


def stranger(address: tuple[str, int]) -> Connection:
    connection = Connection(address)
    connection.line()
    connection.send(b"EHLO x\r\n")
    while not connection.line().startswith("250 "):
        pass
    return connection


def send(connection: Connection, message: bytes, sender: bytes = b"alice@example.com") -> str:
    connection.send(b"MAIL FROM:<" + sender + b">\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n")
    assert [connection.line()[:3] for _ in range(3)] == ["250", "250", "354"]
    connection.send(message + b".\r\n")
    reply = connection.line()
    while reply[3:4] == "-":
        reply = connection.line()
    return reply


def test_broken_mime_is_refused_taken_or_wrapped(smtp: Addresses) -> None:
    eve = b"eve@peer.example.net"
    assert send(stranger(smtp["smtp"]), BROKEN, eve).startswith("550 5.6.0")
    put("hygiene", broken_mime="accept")
    assert send(stranger(smtp["smtp"]), BROKEN, eve).startswith("250")
    assert bytes(Content.objects.get().data) == BROKEN
    put("hygiene", broken_mime="wrap")
    assert send(stranger(smtp["smtp"]), BROKEN, eve).startswith("250")
    made = bytes(Content.objects.latest("id").data)
    root = mime.scan(made)
    assert mime.decoded(made, root.children[1]) == BROKEN
    assert send(stranger(smtp["smtp"]), BASE64, eve).startswith("250")
    assert bytes(Content.objects.latest("id").data) == BASE64


def test_unlabelled_eight_bit_and_base64_text_are_refused_when_asked(smtp: Addresses) -> None:
    for message, rule in ((EIGHT, "refuse_unlabelled_eight_bit"), (BASE64, "refuse_base64_text")):
        assert send(user(smtp["submission"]), message).startswith("250")
        put("hygiene", **{rule: True})
        assert send(user(smtp["submission"]), message).startswith("550 5.6.0")


def test_users_messages_get_mime_headers_and_others_only_if_asked(smtp: Addresses) -> None:
    label = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    send(user(smtp["submission"]), EIGHT)
    assert label in bytes(Message.objects.latest("id").prefix)
    send(stranger(smtp["smtp"]), EIGHT)
    assert label not in bytes(Message.objects.latest("id").prefix)
    put("hygiene", mime_headers="everybody")
    send(stranger(smtp["smtp"]), EIGHT)
    assert label in bytes(Message.objects.latest("id").prefix)
    put("hygiene", mime_headers="nobody", add_date=False, add_message_id=False)
    send(user(smtp["submission"]), EIGHT)
    prefix = bytes(Message.objects.latest("id").prefix)
    assert not [name for name in (b"MIME-Version", b"Date", b"Message-ID") if name + b":" in prefix]


def test_signed_headers_can_be_left_alone(smtp: Addresses) -> None:
    put("hygiene", rewrite_addresses="unsigned")
    signed = b"DKIM-Signature: v=1\r\nFrom: alice\r\n\r\nx\r\n"
    send(user(smtp["submission"]), signed)
    assert b"From: alice@" not in bytes(Message.objects.latest("id").prefix)
    send(user(smtp["submission"]), b"From: alice\r\n\r\nx\r\n")
    assert b"From: alice@" in bytes(Message.objects.latest("id").prefix)


@pytest.mark.parametrize(
    ("block", "reply"),
    [
        (b"From: alice@example.com\r\n", "250 2.0.0"),
        (b"From: Sales <sales@example.com>\r\n", "250 2.0.0"),
        (b"From: alice+tag@example.com\r\nSender: alice@example.com\r\n", "250 2.0.0"),
        (b"From: bob@example.com\r\n", "553 5.7.1"),
        (b"From: alice@example.com\r\nSender: bob@example.com\r\n", "553 5.7.1"),
        (b"From: alice@example.com\r\nResent-From: bob@example.com\r\n", "553 5.7.1"),
        (b"From: x: alice@example.com, bob@example.com;\r\n", "553 5.7.1"),
        (b"From: all@example.com\r\n", "553 5.7.1"),
        (b"From: alice@example.com\r\nFrom: bob@example.com\r\n", "550 5.7.1"),
        (b"From: bob@example.com <alice@example.com>\r\n", "550 5.7.1"),
        (b"Subject: no author\r\n", "550 5.7.1"),
    ],
)
def test_a_user_writes_under_their_own_addresses(smtp: Addresses, block: bytes, reply: str) -> None:
    put("hygiene", check_from=True)
    assert send(user(smtp["submission"]), block + b"\r\nx\r\n").startswith(reply)


def test_the_envelope_is_checked_whatever_the_header(smtp: Addresses) -> None:
    """RFC 6409 §6.1; the header alone is free by default."""
    connection = user(smtp["submission"])
    assert send(connection, b"From: ceo@bank.test\r\n\r\nx\r\n").startswith("250")
    administration.set_alias("shared@example.com", ["bob@example.com"], by="test")
    current.refresh()
    for sender in (b"bob@example.com", b"shared@example.com", b"ceo@bank.test"):
        connection.send(b"MAIL FROM:<" + sender + b">\r\n")
        assert connection.line().startswith("553 5.7.1")


def test_users_text_is_recoded_when_asked_and_others_never(smtp: Addresses) -> None:
    label = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
    eight = label + b"8bit\r\n\r\n" + "grüße\r\n".encode()
    quoted = label + b"quoted-printable\r\n\r\ngr=C3=BC=C3=9Fe\r\n"

    def taken(connection: Connection, message: bytes, sender: bytes) -> bytes:
        assert send(connection, message, sender).startswith("250")
        return bytes(Content.objects.latest("id").data)

    alice, eve = b"alice@example.com", b"eve@peer.example.net"
    assert taken(user(smtp["submission"]), eight, alice) == eight
    put("hygiene", recode="7bit")
    assert b"gr=C3=BC=C3=9Fe" in taken(user(smtp["submission"]), eight, alice)
    assert taken(stranger(smtp["smtp"]), eight, eve) == eight
    put("hygiene", recode="8bit")
    assert "grüße".encode() in taken(user(smtp["submission"]), quoted, alice)
    assert taken(stranger(smtp["smtp"]), quoted, eve) == quoted
