"""The whole product, started as its users start it: `manage.py setup --demo`, `manage.py up`."""

import contextlib
import imaplib
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parent.parent.parent
PORTS = ("smtp", "submission", "submissions", "lmtp", "imap", "imaps", "pop3", "pop3s",
         "http", "events")  # fmt: skip


class Stack:
    """A running server with a home and ports of its own."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("COURIER_")}
        self.environment = {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "courier_web.settings",
            "COURIER_HOME": str(home),
            "COURIER_HOSTNAME": "mail.example.test",
            **{f"COURIER_PORT_{name.upper()}": str(port) for name, port in self.ports.items()},
            **(environment or {}),
        }
        self.passwords: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self.log = home / "server.log"

    def manage(self, *arguments: str, input: str = "", check: bool = True) -> str:
        """Run a management command as an administrator would; its standard output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, input=input, text=True, capture_output=True,
            timeout=120, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"manage.py {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout if check else done.stdout + done.stderr

    def json(self, *arguments: str) -> Any:
        return json.loads(self.manage(*arguments, "--json"))

    def setup(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.manage("setup", "--demo")
        for line in (self.home / "demo-passwords").read_text().splitlines():
            address, password = line.split()
            self.passwords[address] = password

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        for name in ("smtp", "imap", "pop3", "http"):
            self.until(lambda name=name: self._answers(name), f"{name} does not answer")

    def _answers(self, name: str) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"the server ended: {self.log.read_text()[-3000:]}")
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.settimeout(1)
            probe.connect(("127.0.0.1", self.ports[name]))
            if name == "http":
                probe.sendall(b"GET /login HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return bool(probe.recv(3))
        return False

    def stop(self, seconds: float = 40) -> int:
        """Ctrl-C; the exit status."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(seconds)
        finally:
            self._process.kill()
            self._process = None

    def children(self) -> dict[str, int]:
        """Service → pid of what runs now, from the server's own log."""
        found: dict[str, int] = {}
        for line in self.log.read_text(errors="replace").splitlines():
            if "service.started" in line:
                words = dict(word.split("=", 1) for word in line.split() if "=" in word)
                found[words["service"]] = int(words["pid"])
        return found

    @property
    def pid(self) -> int:
        """The supervisor's."""
        assert self._process is not None, "not running"
        return self._process.pid

    def descendants(self) -> list[int]:
        """Every process below the supervisor."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                    children.setdefault(parent, []).append(int(entry.name))
        found, ahead = [], [self.pid]
        while ahead:
            more = children.get(ahead.pop(), [])
            found += more
            ahead += more
        return found

    def kill(self, service: str) -> None:
        """kill -9 a service that runs, and wait for the supervisor to start it again."""
        before = self.children()[service]
        os.kill(before, signal.SIGKILL)
        self.until(lambda: self.children()[service] != before, f"{service} was not started again")

    def until(self, condition: Callable[[], object], what: str, seconds: float = 30) -> None:
        """Wait for `condition`; say `what` and the log's end when it never comes true."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}\n{self.log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.05)

    def imap(self, address: str) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=30)
        client.login(address, self.passwords[address])
        return client

    def send(self, sender: str, recipient: str, message: bytes) -> None:
        """From outside, to the mail port."""
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"], timeout=30) as client:
            client.sendmail(sender, [recipient], message)

    def submission(self, address: str) -> smtplib.SMTP:
        """An authenticated session on the submission port, over STARTTLS."""
        import ssl

        client = smtplib.SMTP("127.0.0.1", self.ports["submission"], timeout=30)
        client.starttls(context=ssl._create_unverified_context())
        client.login(address, self.passwords[address])
        return client

    def inbox(self, address: str) -> list[bytes]:
        """Every message in INBOX, whole."""
        with self.imap(address) as client:
            client.select("INBOX", readonly=True)
            _, found = client.search(None, "ALL")
            numbers = found[0].split()
            if not numbers:
                return []
            _, answers = client.fetch(b",".join(numbers).decode(), "(BODY.PEEK[])")
            return [answer[1] for answer in answers if isinstance(answer, tuple)]

    def wait_for_mail(self, address: str, needle: bytes, count: int = 1) -> list[bytes]:
        """Messages in the inbox that contain `needle`, once there are `count`."""
        found: list[bytes] = []

        def arrived() -> bool:
            found[:] = [message for message in self.inbox(address) if needle in message]
            return len(found) >= count

        self.until(arrived, f"no mail with {needle!r} for {address}")
        return found


@contextlib.contextmanager
def running(home: Path, environment: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """A stack that is set up, started and stopped."""
    stack = Stack(home, environment)
    stack.setup()
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()
