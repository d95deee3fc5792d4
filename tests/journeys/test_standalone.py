"""IMAP and POP3 alone, over Maildirs that another mail server fills."""

import imaplib
import poplib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.stack import ROOT, Stack

MESSAGE = b"Subject: brought by a neighbour\n\nhello\n"
PASSWORD = "wonderland"


@pytest.fixture(scope="module")
def maildir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Maildir somewhere else, with one message to begin with."""
    made = tmp_path_factory.mktemp("vhosts") / "alice" / "Maildir"
    for part in ("cur", "new", "tmp"):
        (made / part).mkdir(parents=True)
    (made / "new" / "1.first.neighbour").write_bytes(MESSAGE)
    return made


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, maildir: Path) -> Iterator[Stack]:
    """imapd and pop3d, and nothing else; what inotify does not tell is not told in time."""
    stack = Stack(tmp_path_factory.mktemp("alone") / "home", {"COURIER_LOG_LEVEL": "DEBUG"})
    stack.home.mkdir()
    stack.manage("migrate")
    stack.manage("migrate", "--database", "queue")
    stack.manage("domain", "add", "example.com")
    stack.manage("account", "add", "alice@example.com", "--password-stdin", input=PASSWORD + "\n")
    stack.manage("account", "set", "alice@example.com", "--maildir", str(maildir))
    stack.manage("settings", "set", "imap.poll_seconds", "1h")
    with stack.log.open("ab") as log:
        servers = [
            subprocess.Popen(
                [sys.executable, "manage.py", name, "--profile", "standalone"],
                cwd=ROOT, env=stack.environment, stdout=log, stderr=log,
            )
            for name in ("imapd", "pop3d")
        ]  # fmt: skip
    try:
        for name in ("imap", "pop3"):
            stack.until(answers(stack.ports[name]), f"{name} does not answer")
        yield stack
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(30)


def answers(port: int) -> Callable[[], bool]:
    def look() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as probe:
                return bool(probe.recv(1))
        except OSError:
            return False

    return look


def idling(stack: Stack) -> tuple[imaplib.IMAP4, int]:
    """A client that has selected INBOX and said IDLE; how many messages it saw."""
    client = imaplib.IMAP4("127.0.0.1", stack.ports["imap"], timeout=30)
    client.login("alice@example.com", PASSWORD)
    seen = int(client.select()[1][0] or b"0")
    client.send(b"i IDLE\r\n")
    assert client.readline().startswith(b"+")
    return client, seen


def told(client: imaplib.IMAP4, what: bytes) -> bytes:
    """The next line that has `what`."""
    while what not in (line := client.readline()):
        assert line, "the server hung up"
    return line


def test_a_plain_rename_into_new_is_told_at_once(alone: Stack, maildir: Path) -> None:
    client, seen = idling(alone)
    (maildir / "tmp" / "2.second.neighbour").write_bytes(MESSAGE)
    (maildir / "tmp" / "2.second.neighbour").rename(maildir / "new" / "2.second.neighbour")
    assert told(client, b"EXISTS") == b"* %d EXISTS\r\n" % (seen + 1)
    client.shutdown()


def test_what_another_session_changes_is_told(alone: Stack) -> None:
    client, _ = idling(alone)
    other = imaplib.IMAP4("127.0.0.1", alone.ports["imap"], timeout=30)
    other.login("alice@example.com", PASSWORD)
    other.select()
    other.store("1", "+FLAGS", "(\\Flagged)")
    assert b"\\Flagged" in told(client, b"FETCH")
    other.logout()
    client.shutdown()


def test_pop3_reads_the_same_mail(alone: Stack) -> None:
    client = poplib.POP3("127.0.0.1", alone.ports["pop3"], timeout=30)
    client.user("alice@example.com")
    client.pass_(PASSWORD)
    assert client.stat()[0] >= 1
    assert b"Subject: brought by a neighbour" in client.retr(1)[1]
    client.quit()


def test_nothing_asks_or_speaks_of_the_bus(alone: Stack) -> None:
    client, _ = idling(alone)
    client.shutdown()
    log = alone.log.read_text()
    assert "server.ready" in log
    assert not any(word in log.lower() for word in ("bus.", "redis", "valkey", "traceback"))
    assert not (alone.home / "run" / "valkey.sock").exists()
