"""What the extensions do beyond the session: queue rows, single recipients, whole journeys."""

import time
from collections.abc import Mapping

import pytest

from mailcore.conf import current, store
from mailcore.filters import links
from mailcore.policy.chain import Link
from mailcore.policy.contract import Received, Verdict
from mailcore.protocol.reply import Reply
from mailcore.queue.models import Content, Message, Recipient
from mailcore.status import Status
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]
NO = Reply(550, Status(5, 7, 1), "Not wanted.")
LATER = Reply(451, Status(4, 7, 1), "Not now.")


def opened(address: tuple[str, int], verb: str = "EHLO", *, tls: bool = False) -> Connection:
    connection = Connection(address, tls=tls)
    connection.line()
    greet(connection, verb)
    return connection


def greet(connection: Connection, verb: str = "EHLO") -> list[str]:
    connection.send(f"{verb} peer.example.net\r\n".encode())
    return said(connection)


def said(connection: Connection) -> list[str]:
    lines = [connection.line()]
    while lines[-1][3:4] == "-":
        lines.append(connection.line())
    return lines


def mail(
    connection: Connection, parameters: str, *to: str, sender: str = "eve@peer.example.net"
) -> None:
    connection.send(f"MAIL FROM:<{sender}> {parameters}".rstrip().encode() + b"\r\n")
    assert connection.line().startswith("250")
    for each in to:
        connection.send(f"RCPT TO:<{each}>\r\n".encode())
        assert connection.line().startswith("250")


def data(connection: Connection, text: bytes = b"Subject: x\r\n\r\nhello\r\n") -> list[str]:
    connection.send(b"DATA\r\n")
    assert connection.line().startswith("354")
    connection.send(text + b".\r\n")
    return said(connection)


def refusing(
    monkeypatch: pytest.MonkeyPatch, refused: Mapping[str, Reply]
) -> None:  # by local part
    def check(received: Received) -> Verdict:
        return Verdict(
            refused={
                index: refused[path.local]
                for index, path in enumerate(received.recipients)
                if path.local in refused
            }
        )

    only = (Link("test", lambda settings, peer: True, check),)
    monkeypatch.setattr(links, "wanted", lambda settings, peer, standing: only)


def test_what_was_asked_for_is_kept_in_the_queue(smtp: Addresses) -> None:
    connection = opened(smtp["smtp"])
    mail(connection, "VERP SECURITY=STARTTLS", "alice@example.com")
    data(connection)
    message = Message.objects.get()
    assert (message.verp, message.minimum_security) == (True, "STARTTLS")


def test_requiretls_is_offered_over_tls_only(smtp: Addresses) -> None:
    connection = opened(smtp["smtp"])
    assert not any("REQUIRETLS" in line for line in greet(connection))
    connection.send(b"STARTTLS\r\n")
    connection.line()
    connection.start_tls()
    assert any("REQUIRETLS" in line for line in greet(connection))
    mail(connection, "REQUIRETLS", "alice@example.com")
    data(connection)
    assert Message.objects.get().minimum_security == "REQUIRETLS"


def test_a_user_says_when_delivery_begins(smtp: Addresses) -> None:
    connection = opened(smtp["submission"])
    assert any(line[4:].startswith("FUTURERELEASE 2592000 20") for line in greet(connection))
    connection.send(b"AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHdvbmRlcmxhbmQ=\r\n")
    connection.line()
    mail(connection, "HOLDFOR=7200", "bob@example.com", sender="alice@example.com")
    data(connection)
    message, recipient = Message.objects.get(), Recipient.objects.get()
    wait = recipient.next_attempt_at - time.time()
    assert 7_100 < wait <= 7_200
    assert message.expires_at - recipient.next_attempt_at == pytest.approx(7 * 86_400, abs=1)


def test_a_users_priority_is_kept_as_far_as_users_may_push(smtp: Addresses) -> None:
    connection = opened(smtp["submission"])
    connection.send(b"AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHdvbmRlcmxhbmQ=\r\n")
    connection.line()
    for wish, answer in ((4, "250 2.1.0 Ok."), (9, "250 2.3.6 Ok, with a lower priority.")):
        connection.send(b"MAIL FROM:<alice@example.com> MT-PRIORITY=%d\r\n" % wish)
        assert connection.line() == answer
        connection.send(b"RCPT TO:<bob@example.com>\r\n")
        connection.line()
        data(connection)
    assert [row.priority for row in Recipient.objects.all()] == [4, 4]
    assert b"PRIORITY 4;" in bytes(Message.objects.all()[0].prefix)


def test_what_is_switched_off_is_neither_offered_nor_taken(smtp: Addresses) -> None:
    store.save("extensions", {"off": ["XVERP", "CHUNKING", "STARTTLS"]}, by="test")
    current.refresh()
    connection = Connection(smtp["smtp"])
    connection.line()
    lines = greet(connection)
    for word in ("XVERP", "CHUNKING", "BINARYMIME", "STARTTLS"):
        assert not any(line[4:].startswith(word) for line in lines)
    connection.send(b"MAIL FROM:<eve@peer.example.net> VERP\r\nSTARTTLS\r\nBDAT 0 LAST\r\n")
    replies = [connection.line()[:3] for _ in range(3)]
    assert replies == ["555", "540", "502"]
    assert connection.line() == "<closed>"


def test_a_session_ends_after_its_messages(smtp: Addresses) -> None:
    store.save("extensions", {"max_messages": 1}, by="test")
    current.refresh()
    connection = Connection(smtp["smtp"])
    connection.line()
    assert any("LIMITS MAILMAX=1 RCPTMAX=1000" in line for line in greet(connection))
    mail(connection, "", "alice@example.com")
    data(connection)
    connection.send(b"MAIL FROM:<eve@peer.example.net>\r\n")
    assert connection.line().startswith("421 4.7.0")
    assert connection.line() == "<closed>"


def test_with_exdata_each_recipient_hears_its_own(
    smtp: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, {"bob": NO})
    connection = opened(smtp["smtp"])
    mail(connection, "EXDATA", "alice@example.com", "bob@example.com")
    lines = data(connection)
    assert lines[0].startswith("558-250 2.0.0 queued as ")
    assert lines[1:] == ["558-550-5.7.1 <bob@example.com>:", "558 550 5.7.1 Not wanted."]
    assert [each.host for each in Recipient.objects.all()] == ["alice@example.com"]


def test_with_exdata_a_message_nobody_wants_is_not_kept(
    smtp: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, {"bob": NO, "alice": LATER})
    connection = opened(smtp["smtp"])
    mail(connection, "EXDATA", "alice@example.com", "bob@example.com")
    assert [line[4:7] for line in data(connection)] == ["451", "451", "550", "550"]
    assert not Message.objects.exists()


def test_over_lmtp_each_recipient_hears_its_own(
    smtp: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, {"alice": LATER})
    connection = opened(smtp["lmtp"], "LHLO")
    mail(connection, "", "alice@example.com", "bob@example.com")
    assert data(connection) == ["451 4.7.1 Not now."]
    assert connection.line().startswith("250 2.0.0 queued as ")
    assert [each.host for each in Recipient.objects.all()] == ["bob@example.com"]


def test_without_exdata_the_others_get_it_and_the_sender_gets_a_report(
    smtp: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, {"bob": NO})
    connection = opened(smtp["smtp"])
    mail(connection, "", "alice@example.com", "bob@example.com")
    assert data(connection)[0].startswith("250 2.0.0 queued as ")
    rows = {each.forward_path: each for each in Recipient.objects.all()}
    assert rows["alice@example.com"].state == "queued"
    failed = rows["bob@example.com"]
    assert (failed.state, failed.action, failed.status) == ("report", "failed", "5.7.1")
    assert Message.objects.get().report


@pytest.mark.parametrize(
    ("refused", "reply"),
    [({"alice": NO, "bob": NO}, "550 5.7.1"), ({"bob": LATER}, "451 4.7.1")],
    ids=["nobody wants it", "one wants it later"],
)
def test_without_exdata_there_is_one_reply(
    smtp: Addresses, monkeypatch: pytest.MonkeyPatch, refused: dict[str, Reply], reply: str
) -> None:
    refusing(monkeypatch, refused)
    connection = opened(smtp["smtp"])
    mail(connection, "", "alice@example.com", "bob@example.com")
    assert data(connection)[0].startswith(reply)
    assert not Message.objects.exists()


def test_binary_content_is_kept_as_base64(smtp: Addresses) -> None:
    octets = bytes(range(256)) * 4
    connection = opened(smtp["smtp"])
    mail(connection, "BODY=BINARYMIME", "alice@example.com")
    text = b"Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n" + octets
    connection.send(b"BDAT %d LAST\r\n" % len(text) + text)
    assert connection.line().startswith("250 2.0.0 queued as ")
    message = bytes(Content.objects.get().data)
    assert b"Content-Transfer-Encoding: base64\r\n" in message
    assert b"\0" not in message
    assert not Message.objects.get().eight_bit
