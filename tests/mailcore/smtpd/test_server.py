"""The daemons as processes: inherited sockets, SIGHUP, SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificate import make_certificate
from tests.support.transcript import Connection

ROOT = Path(__file__).resolve().parents[3]
GREETINGS = {"smtpd": ("smtp", "220 mail.example.test ESMTP"), "pop3d": ("pop3", "+OK ")}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation of its own, with empty databases."""
    (tmp_path / "tls").mkdir()
    make_certificate(tmp_path / "tls")
    environment = {**os.environ, "COURIER_HOME": str(tmp_path), "COURIER_SECRET": "x"}
    environment |= {"COURIER_HOSTNAME": "mail.example.test", "PYTHONPATH": str(ROOT)}
    environment["DJANGO_SETTINGS_MODULE"] = "courier_web.settings"
    for database in ("default", "queue"):
        command = [sys.executable, "manage.py", "migrate", "-v0", "--database", database]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return environment


@pytest.fixture(params=GREETINGS)
def daemon(
    request: pytest.FixtureRequest, home: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], Connection, str, tuple[str, int]]]:
    listener, greeting = GREETINGS[request.param]
    with socket.create_server(("127.0.0.1", 0)) as opened:
        fd = opened.fileno()
        process = subprocess.Popen(
            [sys.executable, "manage.py", request.param, "--fd", f"{listener}={fd}"],
            cwd=ROOT,
            env=home,
            pass_fds=[fd],
        )
        address = opened.getsockname()
        connection = Connection(address)
        connection.socket.settimeout(30)
        try:
            assert connection.line().startswith(greeting)
            yield process, connection, greeting, address
        finally:
            process.kill()
            process.wait()


Daemon = tuple[subprocess.Popen[bytes], Connection, str, tuple[str, int]]


def test_a_daemon_serves_its_sockets_until_told_to_stop(daemon: Daemon) -> None:
    process, connection, greeting, address = daemon
    process.send_signal(signal.SIGHUP)
    again = Connection(address)
    assert again.line().startswith(greeting)
    process.send_signal(signal.SIGTERM)
    last = connection.line()
    assert last.startswith("421 4.3.2") or last == "<closed>"
    assert process.wait(10) == 0
