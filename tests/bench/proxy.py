"""`python -m tests.bench.proxy`: what a spliced connection costs, idle and at full speed.

One proxy process before a node that does nothing but let everybody in, so that the figures are
the proxy's alone.
"""

import asyncio
import contextlib
import multiprocessing
import os
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCK = bytes(1 << 20)
WHOLE = 1 << 30
IDLE = 1_000
LOGIN = b"a LOGIN alice@example.com wonderland\r\n"
_SETUP = """
import sys, django
django.setup()
from django.core.management import call_command
from mailcore.conf import store
call_command("setup", verbosity=0)
store.save("proxy", {"nodes": ("a 127.0.0.1 tls=none pop3=0 imap=" + sys.argv[1],),
    "default_node": "a", "verify": False, "max_per_address": 0}, by="bench")
"""


class _Node(asyncio.Protocol):
    """Lets everybody in; who then says POUR gets a gigabyte."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.left = 0
        self.paused = False
        transport.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n")  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        for line in data.splitlines():
            words = line.split()
            if b"POUR" in words:
                self.left = WHOLE
                self.pour()
            elif len(words) > 1:
                self.transport.write(words[0] + b" OK [CAPABILITY IMAP4rev1] in\r\n")  # type: ignore[attr-defined]

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self.pour()

    def pour(self) -> None:
        while self.left and not self.paused:
            self.left -= len(BLOCK)
            self.transport.write(BLOCK)  # type: ignore[attr-defined]


def _serve(port: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Node, "127.0.0.1", port)
        await server.serve_forever()

    uvloop.run(main())


def connected(port: int, *, tls: bool) -> socket.socket:
    """A client that is logged in."""
    opened = socket.create_connection(("127.0.0.1", port), timeout=60)
    if tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        opened = context.wrap_socket(opened)
    opened.recv(4096)
    opened.sendall(LOGIN)
    answer = opened.recv(4096)
    assert answer.startswith(b"a OK"), answer
    return opened


def drained(opened: socket.socket) -> float:
    """Seconds to take the whole gigabyte."""
    buffer = bytearray(1 << 20)
    opened.sendall(b"b POUR\r\n")
    started, left = time.perf_counter(), WHOLE
    while left:
        left -= opened.recv_into(buffer)
    return time.perf_counter() - started


def kib(pid: int) -> int:
    """Resident memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def proxy(home: Path) -> Iterator[tuple[int, dict[bool, int]]]:
    """Its pid, and its port without and with TLS."""
    node, plain, tls = free_ports(3)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("COURIER_")},
        "DJANGO_SETTINGS_MODULE": "courier_web.settings",
        "COURIER_HOME": str(home),
        "COURIER_LOG_LEVEL": "ERROR",
        "COURIER_PORT_IMAP_PROXY": str(plain),
        "COURIER_PORT_IMAPS_PROXY": str(tls),
        "COURIER_PORT_POP3_PROXY": "0",
        "COURIER_PORT_POP3S_PROXY": "0",
    }
    subprocess.run(
        [sys.executable, "-c", _SETUP, str(node)], cwd=ROOT, env=environment, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    peer = multiprocessing.Process(target=_serve, args=(node,), daemon=True)
    peer.start()
    running = subprocess.Popen([sys.executable, "manage.py", "proxyd"], cwd=ROOT, env=environment)
    try:
        for port in (node, plain, tls):
            _wait_for(port)
        yield running.pid, {False: plain, True: tls}
    finally:
        running.terminate()
        running.wait()
        peer.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise SystemExit("the proxy did not start")


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for tls in (False, True):
        with (
            tempfile.TemporaryDirectory(prefix="courier-bench-") as directory,
            proxy(Path(directory) / "var") as (pid, ports),
        ):
            measure("TLS" if tls else "plain", pid, ports[tls], tls=tls)


def measure(name: str, pid: int, port: int, *, tls: bool) -> None:
    """Print how fast one connection is, and what many idle ones take."""
    first = connected(port, tls=tls)
    before = cpu(pid)
    seconds = drained(first)
    used = cpu(pid) - before
    first.close()
    print(f"{name}: {WHOLE / seconds / 1e6:,.0f} MB/s, {used:.2f} s of CPU a GiB", flush=True)
    warm = [connected(port, tls=tls) for _ in range(100)]
    memory, before = kib(pid), cpu(pid)
    held = [connected(port, tls=tls) for _ in range(IDLE)]
    each, more = (cpu(pid) - before) * 1000 / IDLE, (kib(pid) - memory) / IDLE
    print(
        f"{name}: {more:.1f} KiB an idle connection ({IDLE:,}), {each:.2f} ms of CPU a login,"
        f" {kib(pid) / 1024:.0f} MiB in all",
        flush=True,
    )
    for one in warm + held:
        one.close()


if __name__ == "__main__":
    main()
