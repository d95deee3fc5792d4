"""A user's message goes out to a real second server, and what that refuses comes back."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_ports
from tests.support.stack import Stack

pytestmark = [pytest.mark.journey, pytest.mark.interop]
ALICE = "alice@example.test"


class Sink:
    """Postfix's smtp-sink: a second server that keeps what it gets in files."""

    def __init__(self, *options: str) -> None:
        # Not in tmp_path: the sink runs as nobody and must reach its own directory.
        self.directory = Path(tempfile.mkdtemp(prefix="courier-sink-"))
        shutil.chown(self.directory, "nobody")
        self.directory.chmod(0o777)
        [self.port] = free_ports(1)
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            ["smtp-sink", *user, *options, "-d", f"{self.directory}/%M.", "-h", "remote.test",
             f"127.0.0.1:{self.port}", "100"],
            cwd="/",
        )  # fmt: skip

    def messages(self) -> list[bytes]:
        return [file.read_bytes() for file in self.directory.iterdir()]


@contextlib.contextmanager
def sink(*options: str) -> Iterator[Sink]:
    server = Sink(*options)
    time.sleep(0.3)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
        shutil.rmtree(server.directory, ignore_errors=True)


def route(stack: Stack, domain: str, port: int) -> None:
    stack.manage("settings", "set", "queue.routes", f"{domain}:[127.0.0.1],{port}")
    time.sleep(2.5)  # longer than the slowest way of learning of a new revision


def test_a_submitted_message_reaches_the_second_server(stack: Stack) -> None:
    with sink() as remote:
        route(stack, "far.test", remote.port)
        with stack.submission(ALICE) as client:
            client.sendmail(ALICE, ["ann@far.test"], b"Subject: outward\r\n\r\nh\xc3\xa9llo\r\n")
        stack.until(lambda: remote.messages(), "nothing reached the second server")
        [message] = remote.messages()
        assert b"Subject: outward" in message
        assert b"Message-ID: <" in message
        assert b"with ESMTPSA" in message


def test_what_the_second_server_refuses_comes_back_as_a_bounce(stack: Stack) -> None:
    with sink("-f", "rcpt") as remote:
        route(stack, "far.test", remote.port)
        with stack.submission(ALICE) as client:
            client.sendmail(ALICE, ["nobody@far.test"], b"Subject: to nobody\r\n\r\nhello\r\n")
        [bounce] = stack.wait_for_mail(ALICE, b"Final-Recipient: rfc822; nobody@far.test")
        assert bounce.startswith(b"Return-Path: <>\r\n")
        assert (
            b"Content-Type: multipart/report; report-type=delivery-status"
            in bounce.replace(b"\r\n", b"").replace(b";  ", b"; ").replace(b";    ", b"; ")
            or b"multipart/report" in bounce
        )
        assert b"Action: failed" in bounce
        assert b"Subject: to nobody" in bounce
        assert stack.json("queue", "list") == []


def test_what_the_second_server_defers_stays_queued_until_it_takes_it(stack: Stack) -> None:
    with sink("-q", "rcpt", "-s", "rcpt") as remote:
        route(stack, "far.test", remote.port)
        with stack.submission(ALICE) as client:
            client.sendmail(ALICE, ["ann@far.test"], b"Subject: later\r\n\r\nhello\r\n")
        stack.until(
            lambda: any(row.get("attempts") for row in stack.json("queue", "list")),
            "no attempt was made",
        )
    with sink() as remote:
        route(stack, "far.test", remote.port)
        stack.manage("queue", "retry", "--all")
        stack.until(lambda: remote.messages(), "the retry reached nobody")
    stack.until(lambda: stack.json("queue", "list") == [], "the queue did not empty")
