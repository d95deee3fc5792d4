"""Attacks that hit other servers: smuggling, floods of recipients, lines and connections."""

import itertools
import os
import resource
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcore.conf import current, store
from mailcore.queue.models import Message, Recipient
from tests.support.certificate import make_certificate
from tests.support.transcript import Connection

ROOT = Path(__file__).resolve().parents[3]
Addresses = dict[str, tuple[str, int]]

database = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


def greeted(address: tuple[str, int]) -> Connection:
    connection = Connection(address)
    connection.socket.settimeout(30)
    connection.line()
    connection.send(b"EHLO peer.example.net\r\n")
    while connection.line()[3:4] == "-":
        pass
    return connection


def said(connection: Connection) -> str:
    """The last line of a reply."""
    line = connection.line()
    while line[3:4] == "-":
        line = connection.line()
    return line


# What some server has taken for the end of the content, or a line end; CVE-2023-51764, -51765,
# -51766, CVE-2024-27305.
MIXES = [
    b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\n.\r",
    b"\r\r\n.\r\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\0", b"\n", b"\r",
]  # fmt: skip
SMUGGLED = b"MAIL FROM:<boss@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nevil\r\n"
START = b"MAIL FROM:<eve@peer.example.net>\r\nRCPT TO:<alice@example.com>\r\n"


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@database
@pytest.mark.parametrize("pipelined", [False, True], ids=["in turn", "pipelined"])
def test_no_mix_of_line_ends_smuggles_a_message(smtp: Addresses, pipelined: bool) -> None:
    store.save("esmtp", {"max_errors": 10_000}, by="test")
    current.refresh()
    connection = greeted(smtp["smtp"])
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for mix, size in itertools.product(MIXES, (1, 3, 10_000)):
        content = b"Subject: x\r\n\r\nbody" + mix + SMUGGLED + b"\r\n.\r\n"
        if pipelined:
            whole = START + b"DATA\r\n" + content + b"NOOP\r\n"
            for piece in pieces(whole, size):
                connection.send(piece)
            assert [said(connection)[:3] for _ in range(3)] == ["250", "250", "354"]
        else:
            connection.send(START + b"DATA\r\n")
            assert [said(connection)[:3] for _ in range(3)] == ["250", "250", "354"]
            for piece in pieces(content, size):
                connection.send(piece)
            connection.send(b"NOOP\r\n")
        assert said(connection)[:3] == "550", mix
        assert said(connection) == "250 2.0.0 Ok.", mix
    assert not Message.objects.exists()


@database
def test_no_mix_of_line_ends_smuggles_a_message_in_chunks(smtp: Addresses) -> None:
    store.save("esmtp", {"max_errors": 10_000}, by="test")
    current.refresh()
    connection = greeted(smtp["smtp"])
    for mix, size in itertools.product(MIXES, (1, 5, 10_000)):
        content = b"Subject: x\r\n\r\nbody" + mix + SMUGGLED + b"\r\n.\r\n"
        chunks = [b"BDAT %d\r\n" % len(piece) + piece for piece in pieces(content, size)]
        connection.send(START + b"".join(chunks) + b"BDAT 0 LAST\r\nRSET\r\nNOOP\r\n")
        replies = [said(connection)[:3] for _ in range(2 + len(chunks) + 3)]
        assert "550" in replies, mix
        assert "354" not in replies
        assert replies[-2:] == ["250", "250"]
    assert not Message.objects.exists()


@database
def test_whole_lines_with_lone_dots_are_one_message(smtp: Addresses) -> None:
    connection = greeted(smtp["smtp"])
    content = b"Subject: x\r\n\r\n..\r\n...\r\n.. MAIL FROM:<boss@example.com>\r\n.\r\n"
    connection.send(START + b"DATA\r\n" + content)
    assert [said(connection)[:3] for _ in range(4)] == ["250", "250", "354", "250"]
    assert Message.objects.get().reverse_path == "eve@peer.example.net"


@database
def test_a_hundred_thousand_recipients_harm_nobody_else(smtp: Addresses) -> None:
    """A user's refused recipients cost replies only; a stranger is shown the door."""
    stranger = greeted(smtp["smtp"])
    stranger.send(b"MAIL FROM:<eve@peer.example.net>\r\n")
    said(stranger)
    stranger.send(b"RCPT TO:<nobody@example.com>\r\n" * 100)
    replies = []
    while not replies or replies[-1][:3] != "421":
        replies.append(said(stranger))
        assert replies[-1] != "<closed>"
    assert len(replies) == 21

    user = greeted(smtp["submission"])
    user.send(b"AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHdvbmRlcmxhbmQ=\r\n")
    assert said(user).startswith("235")
    user.send(b"MAIL FROM:<alice@example.com>\r\n")
    said(user)
    flood = threading.Thread(
        target=user.send, args=(b"RCPT TO:<bob@example.com>\r\n" * 100_000,), daemon=True
    )
    flood.start()
    other = greeted(smtp["smtp"])
    other.send(START + b"DATA\r\n")
    assert [said(other)[:3] for _ in range(3)] == ["250", "250", "354"]
    other.send(b"Subject: x\r\n\r\n.\r\n")
    assert said(other).startswith("250 2.0.0")
    codes = [said(user)[:3] for _ in range(100_000)]
    flood.join(30)
    assert codes == ["250"] * 1_000 + ["431"] * 99_000
    user.send(b"DATA\r\n")
    assert said(user).startswith("354")
    user.send(b"Subject: y\r\n\r\n.\r\n")
    assert said(user).startswith("250 2.0.0")
    assert Recipient.objects.filter(host="bob@example.com").count() == 1  # none twice


@database
@pytest.mark.parametrize("port", ["smtp", "submission", "lmtp"])
def test_a_command_line_of_a_megabyte_is_not_kept(smtp: Addresses, port: str) -> None:
    connection = Connection(smtp[port])
    connection.line()
    for start in (b"EHLO ", b"AUTH PLAIN ", b"MAIL FROM:<", b"", b"BDAT "):
        connection.send(start + b"x" * 1_000_000 + b"\r\n")
        assert said(connection).startswith("500 5.5.6")
    connection.send(b"NOOP\r\n")
    assert said(connection).startswith("250")


@database
def test_an_endless_line_of_base64_is_not_kept(smtp: Addresses) -> None:
    connection = greeted(smtp["submission"])
    connection.send(b"AUTH PLAIN\r\n")
    assert said(connection).startswith("334")
    connection.send(b"QUFB" * 250_000 + b"\r\n")
    assert said(connection).startswith("501")


@database
def test_trickling_peers_run_out_of_time_and_keep_nobody_waiting(smtp: Addresses) -> None:
    store.save("esmtp", {"command_timeout": 1}, by="test")
    current.refresh()
    slow = [Connection(smtp["smtp"]) for _ in range(20)]
    for number in range(8):
        for one in slow:
            try:
                one.send(b"N")
            except OSError:
                continue
        if number == 0:
            with smtplib.SMTP(*smtp["smtp"], timeout=30) as client:
                client.sendmail("eve@peer.example.net", ["alice@example.com"], b"Subject: x\r\n")
        time.sleep(0.1)
    for one in slow:
        one.socket.settimeout(30)
        assert one.line().startswith("220")
        assert one.line().startswith("421 4.4.2")
    assert Message.objects.count() == 1


@pytest.fixture
def few_files(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, int]]]:
    """A server process that may open very few files, and its ports."""
    (tmp_path / "tls").mkdir()
    make_certificate(tmp_path / "tls")
    environment = {**os.environ, "COURIER_HOME": str(tmp_path), "COURIER_SECRET": "x"}
    environment |= {"COURIER_HOSTNAME": "mail.example.test", "PYTHONPATH": str(ROOT)}
    environment["DJANGO_SETTINGS_MODULE"] = "courier_web.settings"
    for name in ("default", "queue"):
        command = [sys.executable, "manage.py", "migrate", "-v0", "--database", name]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    limit = 60
    opened = {name: socket.create_server(("127.0.0.1", 0)) for name in ("smtp", "submissions")}
    arguments = [f"--fd={name}={one.fileno()}" for name, one in opened.items()]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "smtpd", *arguments],
        cwd=ROOT,
        env=environment,
        pass_fds=[one.fileno() for one in opened.values()],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)),
        stderr=subprocess.DEVNULL,
    )
    ports = {name: one.getsockname()[1] for name, one in opened.items()}
    try:
        yield process, ports
    finally:
        process.kill()
        process.wait()
        for one in opened.values():
            one.close()


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_idle(process: subprocess.Popen[bytes]) -> None:
    """Until it uses less than half a processor; one that spins never does."""
    for _ in range(60):
        before, began = processor_seconds(process), time.monotonic()
        time.sleep(0.5)
        if processor_seconds(process) - before < 0.5 * (time.monotonic() - began):
            return
    raise AssertionError("the server spins")


def test_a_server_without_free_files_goes_on_serving_and_does_not_spin(
    few_files: tuple[subprocess.Popen[bytes], dict[str, int]],
) -> None:
    """Stalwart spun on all cores: EMFILE from accept, again and again."""
    process, ports = few_files
    served = Connection(("127.0.0.1", ports["smtp"]))
    served.socket.settimeout(60)
    assert served.line().startswith("220")
    for name in ("smtp", "submissions"):
        crowd = [socket.create_connection(("127.0.0.1", ports[name])) for _ in range(120)]
        wait_until_idle(process)
        served.send(b"NOOP\r\n")
        assert said(served).startswith("250")
        for one in crowd:
            one.close()
    again = Connection(("127.0.0.1", ports["smtp"]))
    again.socket.settimeout(60)
    for _ in range(100):  # until the crowd's files are free
        if again.line().startswith("220"):
            break
        time.sleep(0.1)
        again = Connection(("127.0.0.1", ports["smtp"]))
    again.send(b"NOOP\r\n")
    assert said(again).startswith("250")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
