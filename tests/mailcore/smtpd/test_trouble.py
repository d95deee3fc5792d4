"""When things go wrong: size, disk, database, slow and vanishing peers, too many of them."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections

from mailcore.conf import current, store
from mailcore.queue.models import Content, Message
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Listening, Sessions
from mailcore.smtpd import server
from mailcore.smtpd.listeners import LISTENERS
from mailcore.smtpd.service import Service
from tests.support.dns import DnsServer
from tests.support.running import running
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]


def set_esmtp(**values: object) -> None:
    store.save("esmtp", values, by="test")
    current.refresh()


def greeted(address: tuple[str, int]) -> Connection:
    connection = Connection(address)
    connection.line()
    connection.send(b"EHLO peer.example.net\r\n")
    while not connection.line().startswith("250 "):
        pass
    return connection


def begin(connection: Connection, data: bytes = b"DATA\r\n") -> None:
    connection.send(b"MAIL FROM:<eve@peer.example.net>\r\nRCPT TO:<alice@example.com>\r\n" + data)
    assert connection.line().startswith("250 ")
    assert connection.line().startswith("250 ")
    if data == b"DATA\r\n":
        assert connection.line().startswith("354 ")


def test_too_large_a_message_is_read_to_its_end_and_refused(smtp: Addresses) -> None:
    set_esmtp(size_limit=200_000)
    connection = greeted(smtp["smtp"])
    begin(connection)
    for _ in range(40):
        connection.send((b"x" * 998 + b"\r\n") * 10)
    connection.send(b".\r\n")
    assert connection.line() == "552 5.3.4 Message too big."
    begin(connection)
    connection.send(b"Subject: small\r\n\r\n.\r\n")
    assert connection.line().startswith("250 2.0.0")
    assert Message.objects.count() == 1


def test_a_large_message_becomes_a_file_and_costs_little_memory(
    smtp: Addresses, tmp_path: Path
) -> None:
    connection = greeted(smtp["smtp"])
    begin(connection)
    line = b"." * 77 + b"\r\n"
    connection.send(b"\r\n")
    before = resident()
    for _ in range(40):
        connection.send(line * 13_000)  # a megabyte
    connection.send(b".\r\n")
    assert connection.line().startswith("250 2.0.0")
    assert resident() - before < 15_000_000
    (file,) = [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]
    assert file.stat().st_size == 40 * 13_000 * (len(line) - 1) + 2
    assert Content.objects.count() == 0


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_a_full_disk_is_told_and_the_session_goes_on(smtp: Addresses, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("no directory here")
    connection = greeted(smtp["smtp"])
    begin(connection)
    connection.send((b"x" * 998 + b"\r\n") * 300 + b".\r\n")
    assert connection.line().startswith("4")
    begin(connection)
    connection.send(b"Subject: small enough for a row\r\n\r\n.\r\n")
    assert connection.line().startswith("250 2.0.0")


def test_a_broken_queue_database_is_told_and_the_session_goes_on(smtp: Addresses) -> None:
    connection = greeted(smtp["smtp"])
    with broken_table("queue_message"):
        begin(connection)
        connection.send(b"Subject: x\r\n\r\n.\r\n")
        assert connection.line().startswith("451 4.3.0")
    begin(connection)
    connection.send(b"Subject: x\r\n\r\n.\r\n")
    assert connection.line().startswith("250 2.0.0")
    assert Message.objects.count() == 1


def test_a_broken_directory_is_told_and_the_session_goes_on(smtp: Addresses) -> None:
    connection = greeted(smtp["smtp"])
    with broken_table("accounts_alias", "default"):
        connection.send(b"MAIL FROM:<eve@peer.example.net>\r\nRCPT TO:<alice@example.com>\r\n")
        assert connection.line().startswith("250")
        assert connection.line().startswith("450 4.4.3")
    connection.send(b"RCPT TO:<alice@example.com>\r\n")
    assert connection.line().startswith("250")


@contextmanager
def broken_table(name: str, database: str = "queue") -> Iterator[None]:
    with connections[database].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO {name}_away")
    try:
        yield
    finally:
        with connections[database].cursor() as cursor:
            cursor.execute(f"ALTER TABLE {name}_away RENAME TO {name}")


def test_recipients_have_a_limit_and_refused_ones_count(smtp: Addresses) -> None:
    set_esmtp(max_recipients=3)
    connection = greeted(smtp["smtp"])
    connection.send(b"MAIL FROM:<eve@peer.example.net>\r\n")
    connection.line()
    replies = []
    for name in (b"alice", b"nobody", b"bob", b"alice"):
        connection.send(b"RCPT TO:<%s@example.com>\r\n" % name)
        replies.append(connection.line()[:9])
    assert replies == ["250 2.1.5", "550 5.1.1", "250 2.1.5", "431 4.5.3"]


def test_a_command_trickled_octet_by_octet_runs_out_of_time(smtp: Addresses) -> None:
    set_esmtp(command_timeout=1)
    connection = greeted(smtp["smtp"])
    started = time.monotonic()
    line = ""
    for _ in range(60):
        try:
            connection.send(b"N")
        except OSError:
            break
        connection.socket.settimeout(0.1)
        try:
            line = connection.line()
            break
        except TimeoutError:
            continue
    assert line.startswith("421 4.4.2")
    assert time.monotonic() - started < 4


def test_content_trickled_octet_by_octet_runs_out_of_time(smtp: Addresses) -> None:
    set_esmtp(data_timeout=1)
    connection = greeted(smtp["smtp"])
    begin(connection)
    connection.send(b"Subject: x\r\n")
    assert connection.line().startswith("421 4.4.2")
    assert connection.line() == "<closed>"
    assert not Message.objects.exists()


def test_a_peer_that_vanishes_leaves_nothing_behind(smtp: Addresses, tmp_path: Path) -> None:
    for data in (b"DATA\r\n", b"BDAT 900000 LAST\r\n"):
        connection = greeted(smtp["smtp"])
        begin(connection, data)
        connection.send((b"x" * 998 + b"\r\n") * 300)
        connection.close()
    for _ in range(50):
        time.sleep(0.05)
        left = [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]
        if not left:
            break
    assert not left
    assert not Message.objects.exists()


def test_a_peer_that_never_reads_is_made_to_wait(smtp: Addresses) -> None:
    connection = greeted(smtp["smtp"])
    before = resident()
    connection.socket.settimeout(0.5)
    try:
        for _ in range(2_000):
            connection.send(b"HELP\r\n" * 1_000)
    except TimeoutError:
        pass
    assert resident() - before < 20_000_000
    assert greeted(smtp["smtp"])


def test_idle_connections_do_not_keep_others_out(smtp: Addresses) -> None:
    store.save("access", {"max_connections_per_network": 0}, by="test")
    set_esmtp(max_connections_per_address=0)
    idle = [socket.create_connection(smtp["smtp"]) for _ in range(300)]
    connection = greeted(smtp["smtp"])
    begin(connection)
    connection.send(b"Subject: x\r\n\r\n.\r\n")
    assert connection.line().startswith("250")
    for one in idle:
        one.close()


def test_networks_that_are_denied_may_not_send(smtp: Addresses) -> None:
    set_esmtp(deny_from=["127.0.0.0/8"])
    connection = greeted(smtp["smtp"])
    connection.send(b"MAIL FROM:<eve@peer.example.net>\r\nRCPT TO:<alice@example.com>\r\n")
    connection.line()
    assert connection.line().startswith("511 5.7.1")


def test_a_login_makes_up_for_a_network_that_is_denied(smtp: Addresses) -> None:
    """Courier: BLOCK is cleared when AUTH succeeds."""
    set_esmtp(deny_from=["127.0.0.0/8"])
    connection = greeted(smtp["submission"])
    connection.send(
        b"AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHdvbmRlcmxhbmQ=\r\n"
        b"MAIL FROM:<alice@example.com>\r\nRCPT TO:<bob@example.com>\r\n"
    )
    assert [connection.line()[:3] for _ in range(3)] == ["235", "250", "250"]


def test_who_is_denied_is_cut_off_at_once_where_that_is_wanted(smtp: Addresses) -> None:
    """Courier DROP; users on the submission port still may log in."""
    set_esmtp(deny_from=["127.0.0.0/8"])
    store.save("access", {"drop": True}, by="test")
    current.refresh()
    assert Connection(smtp["smtp"]).line() == "<closed>"
    assert greeted(smtp["submission"])


def test_who_a_dns_list_refuses_is_cut_off_too(smtp: Addresses) -> None:
    set_esmtp(proxy_from=["127.0.0.0/8"])
    dns = DnsServer({"9.9.9.9.bl.test": {"A": ["127.0.0.2"]}})
    store.save("queue", {"resolvers": [dns.address]}, by="test")
    store.save("policy", {"dns_lists": ["block bl.test 550 Listed."]}, by="test")
    store.save("access", {"drop": True}, by="test")
    current.refresh()
    try:
        for address, greeting in (("9.9.9.9", "<closed>"), ("9.9.9.8", "220 ")):
            connection = Connection(smtp["smtp"])
            connection.send(f"PROXY TCP4 {address} 192.0.2.1 5 25\r\n".encode())
            assert connection.line().startswith(greeting)
    finally:
        dns.stop()


def test_recipients_are_put_off_while_the_disk_is_nearly_full(smtp: Addresses) -> None:
    store.save("queue", {"free_space": 1 << 60}, by="test")
    current.refresh()
    connection = greeted(smtp["smtp"])
    connection.send(b"MAIL FROM:<eve@peer.example.net>\r\nRCPT TO:<alice@example.com>\r\n")
    connection.line()
    assert connection.line() == "431 4.3.1 Mail system full."
    store.save("queue", {"free_space": 0}, by="test")
    current.refresh()
    other = greeted(smtp["smtp"])
    other.send(b"MAIL FROM:<eve@peer.example.net>\r\nRCPT TO:<alice@example.com>\r\n")
    other.line()
    assert other.line().startswith("250")


def test_an_accepted_message_ends_the_tarpit(people: None, tmp_path: Path) -> None:
    set_esmtp(tarpit=True)
    with service(tmp_path, ConnectionLimits(0, 0)) as (address, running_service):
        connection = greeted(address)
        (session,) = running_service.sessions._open
        session.tarpit = 64  # type: ignore[attr-defined]  # as after four refusals
        begin(connection)
        connection.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")
        assert connection.line().startswith("250")
        assert session.tarpit == 0  # type: ignore[attr-defined]


def test_strangers_wait_in_the_tarpit(smtp: Addresses) -> None:
    set_esmtp(tarpit=True)
    connection = greeted(smtp["smtp"])
    connection.send(b"FROB\r\nNOOP\r\n")
    assert connection.line().startswith("502")
    connection.socket.settimeout(0.7)
    with pytest.raises(TimeoutError):
        connection.line()
    assert greeted(smtp["smtp"])


def test_senders_are_checked_in_dns(smtp: Addresses) -> None:
    dns = DnsServer({"good.example": {"A": ["192.0.2.1"], "TXT": ['"v=spf1 -all"']}})
    store.save("queue", {"resolvers": [dns.address]}, by="test")
    set_esmtp(check_sender_domain=True, bad_senders=["@bad.example"])
    connection = greeted(smtp["smtp"])

    def mail(sender: bytes) -> str:
        connection.send(b"MAIL FROM:<" + sender + b">\r\n")
        reply = connection.line()
        connection.send(b"RSET\r\n")
        connection.line()
        return reply

    assert mail(b"a@good.example").startswith("250")
    assert mail(b"").startswith("250")
    assert mail(b"a@missing.example").startswith("517 5.1.8")
    dns.zone["bad.example"] = {"A": ["192.0.2.1"]}
    assert mail(b"a@bad.example").startswith("517 5.7.1 Sender rejected")
    set_esmtp(spf_mail_from=["pass", "none"])
    connection = greeted(smtp["smtp"])
    assert mail(b"a@good.example").startswith("517 5.7.23 SPF fail a@good.example")
    dns.stop()


def test_networks_that_may_relay_do(smtp: Addresses) -> None:
    set_esmtp(relay_from=["127.0.0.0/8"])
    connection = greeted(smtp["smtp"])
    begin(connection)
    connection.send(b"Subject: x\r\n\r\n.\r\n")
    connection.line()
    connection.send(b"MAIL FROM:<eve@peer.example.net>\r\nRCPT TO:<x@elsewhere.example>\r\n")
    connection.line()
    assert connection.line().startswith("250")


def test_a_listed_balancer_says_who_the_peer_is(smtp: Addresses) -> None:
    set_esmtp(proxy_from=["127.0.0.1"], deny_from=["203.0.113.0/24"])
    connection = Connection(smtp["smtp"])
    connection.send(b"PROXY TCP4 203.0.113.7 198.51.100.2 40000 25\r\nEHLO peer.example.net\r\n")
    while not connection.line().startswith("250 "):
        pass
    connection.send(b"MAIL FROM:<eve@peer.example.net>\r\nRCPT TO:<alice@example.com>\r\n")
    assert connection.line().startswith("250")
    assert connection.line().startswith("511 5.7.1")
    silent = Connection(smtp["smtp"])
    silent.send(b"EHLO peer.example.net\r\n")
    assert silent.line() == "<closed>"


def test_nobody_else_may_say_so(smtp: Addresses) -> None:
    connection = Connection(smtp["smtp"])
    connection.send(b"PROXY TCP4 127.0.0.1 198.51.100.2 40000 25\r\n")
    assert connection.line().startswith("220")
    assert connection.line().startswith("502 5.5.1")


def test_an_announced_login_in_the_clear_is_no_local_one(smtp: Addresses) -> None:
    set_esmtp(proxy_from=["127.0.0.1"])
    connection = Connection(smtp["submission"])
    connection.send(b"PROXY TCP4 8.8.9.7 198.51.100.2 40000 587\r\nEHLO x\r\nAUTH PLAIN\r\n")
    lines = [connection.line()]
    while not lines[-1].startswith("538"):
        lines.append(connection.line())
    assert not [line for line in lines if "AUTH PLAIN" in line]


@contextmanager
def service(tmp_path: Path, limits: ConnectionLimits) -> Iterator[tuple[tuple[str, int], Service]]:
    made: list[Service] = []

    async def start(
        sockets: dict[str, list[socket.socket]],
    ) -> tuple[list[Listening], Sessions]:
        made.append(Service(tmp_path / "spool", None, b"", Sessions(), limits))
        one = await server.start(made[0], LISTENERS["smtp"], sockets["smtp"][0])
        return [one], made[0].sessions

    with running(["smtp"], start) as addresses:
        yield addresses["smtp"], made[0]


def test_one_address_gets_only_so_many_connections(people: None, tmp_path: Path) -> None:
    set_esmtp(max_connections_per_address=2)
    with service(tmp_path, ConnectionLimits(0, 2)) as (address, _):
        kept = [greeted(address), greeted(address)]
        third = Connection(address)
        assert third.line().startswith("421 4.7.0")
        assert third.line() == "<closed>"
        kept.pop().close()
        time.sleep(0.1)
        assert greeted(address)


def test_without_a_certificate_there_is_no_starttls_and_what_demands_it_says_so(
    people: None, tmp_path: Path
) -> None:
    with service(tmp_path, ConnectionLimits(0, 0)) as (address, _):
        connection = greeted(address)
        connection.send(b"STARTTLS\r\n")
        assert connection.line().startswith("540 5.7.0")
        store.save("access", {"tls_required": True}, by="test")
        current.refresh()
        connection = Connection(address)
        assert connection.line().startswith("440 4.7.0")
        assert connection.line() == "<closed>"


def test_a_record_gives_a_peer_a_limit_of_its_own(people: None, tmp_path: Path) -> None:
    """Courier MAXCPERIP."""
    store.save("policy", {"access": ["127.0.0.1 allow,MAXCPERIP=1"]}, by="test")
    current.refresh()
    with service(tmp_path, ConnectionLimits(0, 2)) as (address, _):
        first = greeted(address)
        assert Connection(address).line().startswith("421 4.7.0")
        first.close()


def test_draining_lets_a_transaction_finish(people: None, tmp_path: Path) -> None:
    with service(tmp_path, ConnectionLimits(0, 0)) as (address, running_service):
        idle, busy = greeted(address), greeted(address)
        begin(busy)
        drained = threading.Event()
        loop = next(iter(running_service.sessions._open)).loop  # type: ignore[attr-defined]

        def drain() -> None:
            for session in list(running_service.sessions._open):
                session.drain()
            drained.set()

        loop.call_soon_threadsafe(drain)
        assert drained.wait(5)
        assert idle.line().startswith("421 4.3.2")
        assert idle.line() == "<closed>"
        busy.send(b"Subject: last\r\n\r\n.\r\n")
        assert busy.line().startswith("250 2.0.0")
        assert busy.line().startswith("421 4.3.2")
        assert busy.line() == "<closed>"
    assert Message.objects.count() == 1
