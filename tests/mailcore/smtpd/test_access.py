"""Who comes in and how they are known: balancers, networks, names, TLS demanded, listeners."""

import ssl
import struct
import threading
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from mailcore.conf import current, store
from mailcore.protocol import proxy
from mailcore.queue.models import Message, Recipient
from mailcore.smtpd import conversation
from tests.support.dns import DnsServer
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]


def put(section: str, scope: str = "", **values: object) -> None:
    store.save(section, values, by="test", scope=scope)
    current.refresh()


def announcement(peer: str, local: str = "198.51.100.2", more: bytes = b"") -> bytes:
    """Version 2, with TLVs behind the addresses."""
    addresses = ip_address(peer).packed + ip_address(local).packed + struct.pack("!HH", 4000, 25)
    family = 0x11 if len(addresses) == 12 else 0x21
    body = addresses + more
    return proxy.SIGNATURE + bytes([0x21, family]) + struct.pack("!H", len(body)) + body


def until_ehlo(connection: Connection) -> list[str]:
    lines = [connection.line()]
    connection.send(b"EHLO peer.example.net\r\n")
    while not lines[-1].startswith("250 "):
        lines.append(connection.line())
        assert lines[-1] != "<closed>", lines
    return lines


def send(connection: Connection, to: bytes = b"alice@example.com") -> list[str]:
    connection.send(b"MAIL FROM:<eve@peer.example.net>\r\nRCPT TO:<" + to + b">\r\n")
    replies = [connection.line(), connection.line()]
    if replies[1].startswith("250"):
        connection.send(b"DATA\r\n")
        replies.append(connection.line())
        connection.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")
        replies.append(connection.line())
    return replies


def received() -> bytes:
    return bytes(Message.objects.latest("id").prefix)


def test_a_balancer_speaks_version_2(smtp: Addresses) -> None:
    put("esmtp", proxy_from=["127.0.0.1"])
    connection = Connection(smtp["smtp"])
    tlv = b"\x02\x00\x04host" + b"\x20" + struct.pack("!H", 200) + b"x" * 200
    connection.send(announcement("2001:db8::7", "2001:db8::1", tlv))
    until_ehlo(connection)
    assert send(connection)[-1].startswith("250 2.0.0")
    assert b"([2001:db8::7])" in received()


def test_a_balancer_speaks_before_tls(smtp: Addresses) -> None:
    put("esmtp", proxy_from=["127.0.0.1"], deny_from=["203.0.113.0/24"])
    for words in (
        announcement("203.0.113.7"),
        b"PROXY TCP4 203.0.113.7 198.51.100.2 40000 465\r\n",
    ):
        connection = Connection(smtp["submissions"])
        connection.send(words)
        connection.start_tls()
        until_ehlo(connection)
        connection.send(b"AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHdvbmRlcmxhbmQ=\r\n")
        assert connection.line().startswith("235")
        connection.send(b"MAIL FROM:<alice@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n")
        assert [connection.line()[:3] for _ in range(3)] == ["250", "250", "354"]
        connection.send(b"Subject: x\r\n\r\n.\r\n")
        assert connection.line().startswith("250")
        assert b"([203.0.113.7])" in received()


def test_a_balancer_that_speaks_for_itself_is_the_peer(smtp: Addresses) -> None:
    put("esmtp", proxy_from=["127.0.0.1"])
    connection = Connection(smtp["smtp"])
    connection.send(proxy.SIGNATURE + b"\x20\x00\x00\x00")
    until_ehlo(connection)
    send(connection)
    assert b"([127.0.0.1])" in received()


@pytest.mark.parametrize(
    "words",
    [
        announcement("203.0.113.7", more=b"x" * 3_000),
        proxy.SIGNATURE + b"\x31\x11\x00\x0c" + b"x" * 12,
        proxy.SIGNATURE + b"\x21\x11\x00\x04" + b"x" * 4,
        b"EHLO peer.example.net\r\n",
    ],
    ids=["too long", "version 3", "too short", "silent"],
)
def test_a_balancer_that_says_something_else_is_cut_off(smtp: Addresses, words: bytes) -> None:
    put("esmtp", proxy_from=["127.0.0.1"])
    connection = Connection(smtp["smtp"])
    connection.send(words)
    assert connection.line() == "<closed>"


def test_nobody_else_may_announce_before_tls(smtp: Addresses) -> None:
    connection = Connection(smtp["submissions"])
    connection.send(announcement("203.0.113.7"))
    with pytest.raises((ssl.SSLError, OSError)):
        connection.start_tls()


def test_nothing_is_taken_before_tls_where_tls_is_demanded(smtp: Addresses) -> None:
    put("access", tls_required=True)
    connection = Connection(smtp["smtp"])
    until_ehlo(connection)
    connection.send(b"MAIL FROM:<eve@peer.example.net>\r\nVRFY x\r\nNOOP\r\nSTARTTLS\r\n")
    replies = [connection.line()[:9] for _ in range(4)]
    assert replies == ["530 5.7.0", "530 5.7.0", "250 2.0.0", "220 2.0.0"]
    connection.start_tls()
    connection.send(b"EHLO peer.example.net\r\n")
    while not connection.line().startswith("250 "):
        pass
    assert send(connection)[-1].startswith("250 2.0.0")


def test_the_mail_port_can_be_for_users_only(smtp: Addresses) -> None:
    put("access", auth_required=True)
    connection = Connection(smtp["smtp"])
    until_ehlo(connection)
    connection.send(b"MAIL FROM:<eve@peer.example.net>\r\n")
    assert connection.line().startswith("530 5.7.0")


def test_mail_for_our_own_address_is_for_the_default_domain(smtp: Addresses) -> None:
    put("general", default_domain="example.com")
    connection = Connection(smtp["smtp"])
    until_ehlo(connection)
    assert send(connection, b"alice@[127.0.0.1]")[-1].startswith("250 2.0.0")
    assert Recipient.objects.get().host == "alice@example.com"
    assert send(connection, b"alice@[192.0.2.1]")[1].startswith("513 5.7.1")


@pytest.fixture
def zone() -> Iterator[DnsServer]:
    dns = DnsServer(
        {
            "7.113.0.203.in-addr.arpa": {"PTR": ["mx.peer.example."]},
            "mx.peer.example": {"A": ["203.0.113.7"]},
            "8.113.0.203.in-addr.arpa": {"PTR": ["www.victim.example."]},
            "www.victim.example": {"A": ["192.0.2.99"]},
        }
    )
    put("queue", resolvers=[dns.address])
    put("esmtp", proxy_from=["127.0.0.1"])
    put("access", reverse_dns="everybody")
    yield dns
    dns.stop()


@pytest.mark.parametrize(
    ("peer", "told"),
    [
        ("203.0.113.7", b"(mx.peer.example [203.0.113.7])"),
        ("203.0.113.8", b"(softdnserr [203.0.113.8])"),
        ("203.0.113.9", b"([203.0.113.9])"),
    ],
    ids=["both ways", "one way only", "nameless"],
)
def test_received_tells_the_name_that_leads_back(
    smtp: Addresses, zone: DnsServer, peer: str, told: bytes
) -> None:
    connection = Connection(smtp["smtp"])
    connection.send(announcement(peer))
    until_ehlo(connection)
    assert send(connection)[-1].startswith("250 2.0.0")
    assert told in received()


def test_the_dialogue_is_logged_without_passwords(
    smtp: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[object] = []

    class Noted:
        def info(self, event: str, **values: object) -> None:
            said.append(values["line"])

    put("access", log_dialog=True)
    monkeypatch.setattr(conversation, "_log", Noted())
    connection = Connection(smtp["submission"])
    until_ehlo(connection)
    connection.send(b"AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHdvbmRlcmxhbmQ=\r\n")
    assert connection.line().startswith("235")
    connection.send(b"MAIL FROM:<alice@example.com>\r\n")
    connection.line()
    assert said == ["EHLO peer.example.net", "AUTH PLAIN", "MAIL FROM:<alice@example.com>"]


def test_a_listener_of_its_own_address_has_its_own_name_and_settings(smtp: Addresses) -> None:
    put("access", listeners=["vanity smtp 127.0.0.1"])
    put("general", "listener:vanity", me="mx.vanity.example")
    put("esmtp", "listener:vanity", greeting="at your service", size_limit=12_345)
    connection = Connection(smtp["smtp"])
    lines = until_ehlo(connection)
    assert lines[0] == "220 mx.vanity.example at your service"
    assert "250-mx.vanity.example Ok." in lines
    assert "250-SIZE 12345" in lines
    assert send(connection)[-1].startswith("250 2.0.0")
    assert Message.objects.get().listener == "vanity"
    assert b"by mx.vanity.example with ESMTP" in received()
    other = until_ehlo(Connection(smtp["submission"]))
    assert other[0].startswith("220 mail.example.test ")


def test_a_greeting_may_have_several_lines(smtp: Addresses) -> None:
    put("esmtp", greeting="ESMTP\nNo advertising.")
    connection = Connection(smtp["smtp"])
    assert connection.line() == "220-mail.example.test ESMTP"
    assert connection.line() == "220 No advertising."


def test_a_standard_listener_has_settings_of_its_own_too(smtp: Addresses) -> None:
    put("extensions", "listener:smtp", off=["CHUNKING"])
    assert not [line for line in until_ehlo(Connection(smtp["smtp"])) if "CHUNKING" in line]
    assert [line for line in until_ehlo(Connection(smtp["submission"])) if "CHUNKING" in line]


def test_many_balanced_peers_at_once_are_told_apart(smtp: Addresses) -> None:
    put("esmtp", proxy_from=["127.0.0.1"], deny_from=["203.0.113.7"])
    refused: list[bool] = []

    def one(peer: str) -> None:
        connection = Connection(smtp["smtp"])
        connection.send(announcement(peer))
        until_ehlo(connection)
        refused.append(send(connection)[1].startswith("511") == (peer == "203.0.113.7"))

    threads = [threading.Thread(target=one, args=(f"203.0.113.{n}",)) for n in (7, 8) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert refused == [True] * 8
