"""Run a program for an account: watched, limited, in a process group of its own.

It gets the message on a file it can seek in, an environment made for it and nothing else of ours.
"""

import contextlib
import os
import pwd
import select
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mailcore import log, status
from mailcore.conf.schema.local import Local
from mailcore.errors import TemporaryFailure
from mailcore.transports.local import environment
from mailcore.transports.local.errand import Errand

MOST_TOLD = 4096  # octets of its output that go into a report
MOST_DYNAMIC = 8191  # octets of instructions it may print
_GRACE = 2.0  # seconds between asking a program to end and killing it
_LEAST = 1.0  # seconds; with less time left a program is not begun
_LAST_WORDS = 32  # reads of what is still in a pipe; somebody who got away may fill it for ever
_BLOCK = 512  # octets, the unit of `ulimit -f`
# `timeout` is for when we were killed ourselves and nobody else watches any more.
_LAUNCH = (
    'ulimit -c 0 && ulimit -t "$1" && ulimit -v "$2" && ulimit -f "$3" || exit 75; '
    'command -v timeout >/dev/null && exec timeout -k 5 "$4" "$SHELL" -c "$5"; '
    'exec "$SHELL" -c "$5"'
)
_UNWATCHED = 5  # seconds that such a program has beyond its time

_log = log.get("local")


@dataclass(slots=True)
class Ended:
    """How a program ended: its exit code, negative for a signal, and what it printed.

    `output` has the beginning of both streams; `printed` only standard output, when it was
    asked for, `overflowed` when that was more than `most` octets.
    """

    code: int = 0
    most: int = MOST_DYNAMIC
    output: bytearray = field(default_factory=bytearray)
    printed: bytearray = field(default_factory=bytearray)
    overflowed: bool = False


def run(
    errand: Errand,
    command: str,
    *,
    before: bytes = b"",
    dynamic: bool = False,
    given: bytes | None = None,
    variables: Mapping[bytes, bytes] | None = None,
    most: int = MOST_DYNAMIC,
) -> Ended:
    """Run `command` with the message, `before` put in front of it, on standard input.

    With `dynamic` its standard output is kept apart, up to `most` octets of it.  `given` is its
    input instead of the message, `variables` its environment instead of the usual.

    Raises TemporaryFailure when programs may not run, it can't be begun, or takes too long;
    OSError when the message can't be read.
    """
    seconds = min(errand.settings.program_timeout, errand.until - time.time())
    if seconds < _LEAST:
        raise TemporaryFailure(status.MAIL_SYSTEM_CONGESTED, "Too many programs are running.")
    who = _who(errand.settings)
    with tempfile.TemporaryFile() as file:
        file.write(before + errand.text() if given is None else given)
        file.seek(0)
        told = environment.of(errand) if variables is None else variables
        process = _start(errand, command, who, file.fileno(), told, dynamic=dynamic)
    errand.ran += 1
    with process:
        ended = Ended(most=most)
        try:
            in_time = _watch(process, ended, time.monotonic() + seconds, dynamic=dynamic)
        finally:
            _end_group(process.pid)
    if not in_time:
        _log.warning("program.killed", recipient=errand.recipient.forward_path, seconds=seconds)
        text = "The program that delivers this mail took too long."
        raise TemporaryFailure(status.OTHER_SYSTEM, text)
    ended.code = process.returncode
    return ended


def _who(settings: Local) -> int | None:
    """The user that programs run as; None for our own.  Nothing runs as root unasked."""
    if not settings.programs:
        text = "Delivery instructions want to run a program, and programs may not run here."
        raise TemporaryFailure(status.OTHER_SYSTEM, text)
    me = os.geteuid()
    if settings.program_user:
        try:
            wanted = pwd.getpwnam(settings.program_user).pw_uid
        except KeyError:
            raise _cannot("there is no such user as local.program_user") from None
        if wanted != me and me:
            raise _cannot("only root can run programs as local.program_user")
        return None if wanted == me else wanted
    if not me:
        raise _cannot("the server is root, and local.program_user names nobody")
    return None


def _cannot(why: str) -> TemporaryFailure:
    _log.error("program.refused", error=why)
    return TemporaryFailure(status.OTHER_SYSTEM, "Programs can't be run here just now.")


def _start(
    errand: Errand,
    command: str,
    who: int | None,
    given: int,
    told: Mapping[Any, Any],
    *,
    dynamic: bool,
) -> "subprocess.Popen[bytes]":
    local = errand.settings
    limits = (
        local.program_timeout,
        max(local.program_memory // 1024, 1),
        max(local.program_file // _BLOCK, 1),
        local.program_timeout + _UNWATCHED,
    )
    try:
        return subprocess.Popen(
            ["/bin/sh", "-c", _LAUNCH, "courier", *map(str, limits), command],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if dynamic else subprocess.STDOUT,
            cwd=errand.home,
            env=told,
            process_group=0,
            umask=0o077,
            **_identity(who),
        )
    except (OSError, subprocess.SubprocessError) as problem:
        raise _cannot(repr(problem)) from problem


def _identity(who: int | None) -> dict[str, Any]:
    """How to become somebody else: their user, their group, no others."""
    if who is None:
        return {}
    return {"user": who, "group": pwd.getpwuid(who).pw_gid, "extra_groups": []}


def _watch(
    process: "subprocess.Popen[bytes]", ended: Ended, until: float, *, dynamic: bool
) -> bool:
    """Take what it prints until it has ended; False when `until` (monotonic) comes first."""
    handle = os.pidfd_open(process.pid)
    into = {process.stdout: ended.printed if dynamic else None, process.stderr: None}
    try:
        with selectors.DefaultSelector() as streams:
            streams.register(handle, selectors.EVENT_READ)
            for stream in filter(None, into):
                os.set_blocking(stream.fileno(), False)
                streams.register(stream, selectors.EVENT_READ, into[stream])
            while True:
                ready = streams.select(max(0.0, until - time.monotonic()))
                if not ready:
                    _ask_to_end(process.pid, handle)
                    return False
                for key, _ in ready:
                    if key.fd != handle and not _take(key.fd, ended, key.data):
                        streams.unregister(key.fileobj)
                if any(key.fd == handle for key, _ in ready):
                    break
        for stream in filter(None, into):
            for _ in range(_LAST_WORDS):
                if not _take(stream.fileno(), ended, into[stream]):
                    break
        return True
    finally:
        os.close(handle)


def _take(descriptor: int, ended: Ended, printed: bytearray | None) -> bool:
    """Read a little and keep what there is room for; False when there is no more."""
    try:
        data = os.read(descriptor, 8192)
    except BlockingIOError:
        return False
    if printed is not None:
        room = ended.most - len(printed)
        printed += data[:room]
        ended.overflowed = ended.overflowed or len(data) > room
    else:
        ended.output += data[: MOST_TOLD - len(ended.output)]
    return bool(data)


def _ask_to_end(group: int, handle: int) -> None:
    """Let a program that is out of time put its things in order, briefly."""
    with contextlib.suppress(OSError):
        os.killpg(group, signal.SIGTERM)
    select.select([handle], [], [], _GRACE)


def _end_group(group: int) -> None:
    """Nothing that a program started outlives it.  It is not reaped yet, so the id is its own."""
    with contextlib.suppress(OSError):
        os.killpg(group, signal.SIGKILL)
