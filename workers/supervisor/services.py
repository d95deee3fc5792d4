"""Every process of one machine: what it is called, how it starts, when it stops.

A service either runs in a fork of the supervisor (so that all share the memory of what
was imported) or is a program of its own.
"""

import os
import socket
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from celery.platforms import SecurityWarning

from mailcore.conf.deployment import Deployment
from mailcore.conf.schema.registry import Snapshot
from workers.supervisor import valkey

Sockets = Mapping[str, list[socket.socket]]

LISTENERS = {
    "smtpd": ("smtp", "submission", "submissions", "lmtp"),
    "imapd": ("imap", "imaps"),
    "pop3d": ("pop3", "pop3s"),
    "proxyd": ("imap_proxy", "imaps_proxy", "pop3_proxy", "pop3s_proxy"),
    "eventsd": ("events",),
}
QUICK = "scheduler,local,list,bounce,housekeeping"
SLOW = "esmtp,fax,uucp"  # apart: a hundred silent hosts must not keep local mail waiting


@dataclass(frozen=True, slots=True)
class Service:
    """`run` is called in a fork; `argv` is executed.  Exactly one of them is given.

    `stage` orders starting (low first) and stopping (high first): 0 the bus, 1 workers,
    2 what users connect to.  `reloads` says that SIGHUP makes it read certificates again.
    """

    name: str
    stage: int
    run: Callable[[], None] | None = None
    argv: list[str] = field(default_factory=list)
    reloads: bool = False


def services(deployment: Deployment, snapshot: Snapshot, sockets: Sockets) -> list[Service]:
    """What this machine runs, by deployment and settings."""
    found = []
    queue = snapshot.queue  # a slot without a thread would only wait
    threads = max(20, queue.esmtp_slots) + queue.instruction_slots
    if deployment.embedded_valkey:
        found.append(Service("valkey", 0, argv=valkey.arguments(deployment.run / "valkey.sock")))
    found += [
        Service("worker", 1, run=lambda: _worker(deployment, "worker", 6, _quick(deployment))),
        Service("relay", 1, run=lambda: _worker(deployment, "relay", threads, SLOW)),
        Service("beat", 1, run=lambda: _beat(deployment)),
    ]
    enabled = {
        "smtpd": snapshot.esmtp.enabled,
        "imapd": snapshot.imap.enabled,
        "pop3d": snapshot.pop3.enabled,
        "proxyd": snapshot.proxy.enabled,
        "eventsd": snapshot.webmail.enabled,
    }
    cores = os.cpu_count() or 1
    processes = {
        "imapd": snapshot.imap.processes or cores,
        "proxyd": snapshot.proxy.processes or cores,
    }
    for name, on in enabled.items():
        run = _server(name, {key: sockets.get(key, []) for key in LISTENERS[name]})
        for number in range(processes.get(name, 1) if on else 0):
            called = name if not number else f"{name}-{number + 1}"
            found.append(Service(called, 2, run=run, reloads=True))
    found.append(Service("web", 2, argv=_web(deployment)))
    return found


def _server(name: str, sockets: Sockets) -> Callable[[], None]:
    def run() -> None:
        import_module(f"mailcore.{name}.server").serve(sockets)

    return run


def _quick(deployment: Deployment) -> str:
    return f"{QUICK},local.{deployment.node}"


def _worker(deployment: Deployment, name: str, threads: int, queues: str) -> None:
    app = import_module("workers.celery").app
    # Celery warns root of serialisers that our workers do not accept.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    app.worker_main(
        [
            "--quiet", "worker", "-P", "threads", "-c", str(threads), "-Q", queues,
            "-n", f"{name}@{deployment.node}",
            "--without-gossip", "--without-mingle", "--without-heartbeat",
            "--loglevel", "WARNING",
        ]
    )  # fmt: skip


def _beat(deployment: Deployment) -> None:
    app = import_module("workers.celery").app
    schedule = str(deployment.run / "beat")
    app.Beat(loglevel="WARNING", schedule=schedule, pidfile=None, quiet=True).run()


def _web(deployment: Deployment) -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi",
        "--host", deployment.bind, "--port", str(deployment.ports["http"]),
        "--workers", "1", "--blocking-threads", "2", "--log-level", "warning",
        "--respawn-failed-workers", "--no-ws", "courier_web.wsgi:application",
    ]  # fmt: skip


PRELOADED = (
    *(f"mailcore.{one}.server" for one in LISTENERS),
    "workers.celery",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.thread",
    "celery.worker.components",
    "celery.worker.consumer.consumer",
    "kombu.transport.redis",
)


def preload() -> None:
    """Import in the parent what the forks need, so that they share its memory."""
    for name in PRELOADED:
        import_module(name)
    import_module("workers.celery").app.loader.import_default_modules()
