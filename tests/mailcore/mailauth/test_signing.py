"""What leaves in our name is signed, however it entered; what strangers send is not."""

import dkim
import pytest

from mailcore.accounts import administration
from mailcore.conf import current, store
from mailcore.conf.deployment import deployment
from mailcore.envelope import Envelope, EnvelopeRecipient, Path, Source
from mailcore.mailauth import keys, signing
from mailcore.message import recode
from mailcore.queue import spool
from mailcore.queue.content import Content, ContentWriter
from mailcore.queue.models import Content as ContentRow
from mailcore.queue.models import Message
from mailcore.submit.accept import Origin, accept

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

LETTER = b"From: Ada <ada@example.com>\r\nSubject: hi\r\n\r\nHello  Bob \r\n\r\n"
HERE = Origin(
    "ESMTPSA", "laptop", "192.0.2.9", identity="ada@example.com", add_missing_headers=True
)


@pytest.fixture(autouse=True)
def in_use() -> None:
    administration.add_domain("example.com", by="test")
    for kind in keys.KINDS:
        keys.add("example.com", kind, by="test", selector=kind)
        keys.activate("example.com", kind, by="test")
    current.refresh()


def send(
    data: bytes | Content = LETTER, source: Source = Source.AUTHSMTP, origin: Origin = HERE
) -> bytes:
    """Accept a message; it as it would be delivered."""
    envelope = Envelope(
        Path.of("ada@example.com"), (EnvelopeRecipient(Path.of("x@far.test")),), source=source
    )
    content = data if isinstance(data, Content) else Content.of(data)
    accepted = accept(envelope, None, content, origin).result(10)
    row = Message.objects.get(id=accepted.id)
    rest = (
        spool.path(row.file).read_bytes()
        if row.file
        else bytes(ContentRow.objects.get(id=accepted.id).data)
    )
    return bytes(row.prefix) + rest[row.skip :]


def look_up(name: bytes, timeout: int = 5) -> bytes:
    return keys.show("example.com", name.decode().partition(".")[0]).text.encode()


def verified(message: bytes) -> list[bool]:
    count = message.partition(b"\r\n\r\n")[0].lower().count(b"dkim-signature:")
    return [_verifies(message, index) for index in range(count)]


def _verifies(message: bytes, index: int) -> bool:
    try:
        return dkim.DKIM(message).verify(idx=index, dnsfunc=look_up)
    except dkim.ValidationError:  # how dkimpy says that the body has changed
        return False


@pytest.mark.parametrize("source", [Source.AUTHSMTP, Source.LOCAL, Source.WEB, Source.DSN])
def test_mail_of_ours_carries_two_signatures_that_verify(source: Source) -> None:
    message = send(source=source)
    assert message.startswith(b"DKIM-Signature: ")
    assert verified(message) == [True, True]


def test_a_header_that_we_complete_is_signed_as_completed() -> None:
    message = send(b"From: Ada <ada@example.com>\r\nTo: bob\r\n\r\nhi\r\n")
    assert b"To: bob@" in message
    assert b"Message-ID:" in message
    assert verified(message) == [True, True]


@pytest.mark.parametrize("source", [Source.SMTP, Source.LMTP])
def test_strangers_mail_is_not_signed(source: Source) -> None:
    assert verified(send(source=source, origin=Origin("ESMTP", "peer", "192.0.2.1"))) == []


@pytest.mark.parametrize(
    "author",
    [b"From: eve@other.test", b"From: a@example.com\r\nFrom: b@example.com",
     b"From: a@example.com, b@other.test", b"From: nobody"],
)  # fmt: skip
def test_only_one_author_with_a_key_is_signed_for(author: bytes) -> None:
    assert verified(send(author + b"\r\n\r\nhi\r\n", origin=Origin("local"))) == []


def test_signing_can_be_switched_off() -> None:
    store.save("mailauth", {"dkim_sign": False}, by="test")
    current.refresh()
    assert verified(send()) == []


def test_a_long_message_is_signed_from_its_file() -> None:
    writer = ContentWriter(deployment().spool, 1000)
    writer.write(LETTER + b"0123456789\r\n" * 30_000)
    assert verified(send(writer.finish())) == [True, True]


def test_a_message_that_is_recoded_is_signed_anew() -> None:
    message = send(LETTER + b"gr\xc3\xbc\xc3\x9fe\r\n")
    converted = recode.to_seven_bit(message)
    assert verified(converted) == [False, False]
    renewed = signing.renewed(converted, Source.AUTHSMTP)
    assert renewed.isascii()
    assert verified(renewed) == [True, True]


def test_nobody_else_gets_a_signature_of_ours_by_recoding() -> None:
    message = send(LETTER + b"gr\xc3\xbc\xc3\x9fe\r\n")
    converted = recode.to_seven_bit(message)
    assert signing.renewed(converted, Source.SMTP) == converted
    foreign = b"DKIM-Signature: v=1; nonsense\r\n" + LETTER
    assert signing.renewed(foreign, Source.AUTHSMTP) == foreign
