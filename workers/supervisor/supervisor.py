"""Start everything, watch it, restart what died, stop it in order.

SIGTERM and SIGINT drain: the doors close first, then the workers, the bus last.
SIGHUP is passed on (certificates are read again).  A child dies with the supervisor.
"""

import ctypes
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

import django.db

from mailcore import log
from mailcore.conf import current
from workers.supervisor.services import Service

DRAIN_SECONDS = 15.0
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
HEALTHY_SECONDS = 60.0

_SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class _Child:
    """One service and how it fares."""

    service: Service
    pid: int = 0
    started: float = 0.0
    delay: float = 0.0
    due: float = 0.0


class Supervisor:
    """The parent of every process; its lifetime is that of the server."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._children = [_Child(service) for service in sorted(services, key=lambda s: s.stage)]
        self._log = log.get("up")
        self._stopping = False

    def run(self) -> None:
        """Until a signal says stop and everything has stopped."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        django.db.connections.close_all()
        gc.disable()
        gc.collect()
        gc.freeze()
        for child in self._children:
            self._start(child)
        while not self._stopping:
            received = signal.sigtimedwait(_SIGNALS, self._patience())
            self._handle(received.si_signo if received is not None else 0)
        self._stop_all()

    def _handle(self, number: int) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stopping = True
        elif number == signal.SIGHUP:
            self._reload()
        self._reap()
        if not self._stopping:
            now = time.monotonic()
            for child in self._children:
                if not child.pid and child.due <= now:
                    self._start(child)

    def _patience(self) -> float:
        waits = [child.due - time.monotonic() for child in self._children if not child.pid]
        return max(0.01, min([*waits, 10.0]))

    def _start(self, child: _Child) -> None:
        child.started = time.monotonic()
        child.pid = os.fork()
        if not child.pid:
            _become(child.service)
        self._log.info("service.started", service=child.service.name, pid=child.pid)

    def _reap(self) -> None:
        while True:
            try:
                pid, code = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for child in self._children:
                if child.pid == pid:
                    self._ended(child, os.waitstatus_to_exitcode(code))

    def _ended(self, child: _Child, code: int) -> None:
        now = time.monotonic()
        _kill_group(child.pid)
        child.pid = 0
        if self._stopping:
            return
        healthy = now - child.started >= HEALTHY_SECONDS
        child.delay = FIRST_DELAY if healthy or not child.delay else child.delay * 2
        child.delay = min(child.delay, LONGEST_DELAY)
        child.due = now + child.delay
        self._log.error("service.died", service=child.service.name, code=code, again_in=child.delay)

    def _stop_all(self) -> None:
        for stage in (2, 1, 0):
            mine = [child for child in self._children if child.service.stage == stage]
            self._stop([child for child in mine if child.pid])
        self._log.info("server.stopped")

    def _stop(self, children: list[_Child]) -> None:
        for child in children:
            _kill(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_SECONDS
        while any(child.pid for child in children) and time.monotonic() < deadline:
            signal.sigtimedwait({signal.SIGCHLD}, 0.2)
            self._reap()
        for child in children:
            if child.pid:
                self._log.warning("service.killed", service=child.service.name)
                _kill(child.pid, signal.SIGKILL)
                self._reap()

    def _reload(self) -> None:
        for child in self._children:
            if child.pid and child.service.reloads:
                _kill(child.pid, signal.SIGHUP)


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _kill_group(leader: int) -> None:
    """What a service started does not outlive it: each leads a process group of its own."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _become(service: Service) -> None:
    """In the fork: run the service, and never return."""
    code = 1
    try:
        # A session of its own, so that Ctrl-C reaches the supervisor alone, which drains.
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        gc.enable()
        current.forget()
        if service.run is None:
            os.execv(service.argv[0], service.argv)
        service.run()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
