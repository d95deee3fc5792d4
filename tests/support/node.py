"""A machine that has mail: imapd and pop3d of ours as processes, with a home of their own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parent.parent.parent
_SETUP = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from mailcore.accounts import administration, directory
from mailcore.conf import current, store, values
from mailcore.conf.schema.registry import find
from mailcore.mailbox.store import MailStore
call_command("setup", verbosity=0)
current.without_watching()
said = json.load(sys.stdin)
administration.add_domain("example.com", by="test")
for name, password in said["accounts"].items():
    administration.add_account(name, password, by="test")
    current.refresh()
    with MailStore(directory.account(name).maildir) as mail:
        mail.folder("INBOX").append(("Subject: on " + said["name"] + "\\r\\n\\r\\nhi\\r\\n").encode())
for name, text in said["settings"].items():
    one = find(name)
    store.save(one.section, {one.name: values.parse(one, text)}, by="test")
"""


class NodeProcess:
    """Lives for a test; can be killed and started again on the same ports."""

    def __init__(
        self,
        home: Path,
        name: str,
        accounts: Mapping[str, str],
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.imap, self.pop3 = free_ports(2)
        self.log = home / "node.log"
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("COURIER_")},
            "DJANGO_SETTINGS_MODULE": "courier_web.settings",
            "COURIER_HOME": str(home),
            "COURIER_NODE": name,
            "COURIER_HOSTNAME": f"{name}.example.com",
            "COURIER_PORT_IMAP": str(self.imap),
            "COURIER_PORT_IMAPS": "0",
            "COURIER_PORT_POP3": str(self.pop3),
            "COURIER_PORT_POP3S": "0",
        }
        self._processes: list[subprocess.Popen[bytes]] = []
        home.mkdir(parents=True, exist_ok=True)
        self._prepare({"name": name, "accounts": accounts, "settings": settings or {}})

    def _prepare(self, said: Mapping[str, object]) -> None:
        subprocess.run(
            [sys.executable, "-c", _SETUP], cwd=ROOT, env=self._environment, timeout=120,
            input=json.dumps(said), text=True, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def line(self, options: str = "tls=none") -> str:
        """What `proxy.nodes` says of it."""
        return f"{self.name} 127.0.0.1 imap={self.imap} pop3={self.pop3} {options}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            for service in ("imapd", "pop3d"):
                process = subprocess.Popen(
                    [sys.executable, "manage.py", service],
                    cwd=ROOT, env=self._environment, stdout=log, stderr=log,
                )  # fmt: skip
                self._processes.append(process)
        for port in (self.imap, self.pop3):
            self._wait_for(port)

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as one:
                if one.recv(1):
                    return
            time.sleep(0.05)
        raise AssertionError(f"{self.name} does not answer: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self._processes.clear()

    def logged(self, *words: str) -> bool:
        """Whether a line of its log has all the words."""
        return any(
            all(word in line for word in words) for line in self.log.read_text().splitlines()
        )
