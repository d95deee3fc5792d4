"""Listening sockets, inherited or our own, and the event loop that serves them."""

import asyncio
import contextlib
import ctypes
import gc
import resource
import socket
from collections.abc import Coroutine, Mapping, Sequence

import uvloop

from mailcore.errors import ConfigError

BACKLOG = 1024
_M_MMAP_THRESHOLD = -3  # malloc.h


def listen(host: str, port: int) -> list[socket.socket]:
    """Bound, listening, non-blocking sockets for `host` (name, address, or "" for all).

    Port 0 takes any free port.  Raises ConfigError when an address can't be had.
    """
    found: list[socket.socket] = []
    try:
        addresses = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, kind, protocol, _, address in dict.fromkeys(addresses):
            found.append(_bound(family, kind, protocol, address))
    except OSError as error:
        for opened in found:
            opened.close()
        raise ConfigError(f"cannot listen on {host or '*'} port {port}: {error}") from error
    return found


def _bound(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def sockets_for(
    names: Sequence[str], inherited: Sequence[str], host: str, ports: Mapping[str, int]
) -> dict[str, list[socket.socket]]:
    """The sockets of a server: those inherited as `NAME=N` descriptors, else newly bound.

    `ports` says where each name listens; 0 or no entry switches a listener off.
    Raises ConfigError for a malformed or unusable `NAME=N`.
    """
    found: dict[str, list[socket.socket]] = {}
    for entry in inherited:
        name, _, number = entry.partition("=")
        if name not in names or not number.isdigit():
            raise ConfigError(f"--fd {entry}: expected NAME=N with NAME one of {', '.join(names)}")
        try:
            given = socket.socket(fileno=int(number))
        except OSError as error:
            raise ConfigError(f"--fd {entry}: {error}") from error
        given.setblocking(False)
        found.setdefault(name, []).append(given)
    if not inherited:
        for name in names:
            if ports.get(name):
                found[name] = listen(host, ports[name])
    return found


def run(main: Coroutine[object, object, None]) -> None:
    """Run `main` to its end on uvloop, allowed as many open files as the system permits."""
    _give_memory_back()
    # A message makes thousands of short-lived objects and no cycles: look for those less often.
    gc.set_threshold(20_000, 20, 100)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def _give_memory_back() -> None:
    """Let glibc return large blocks (a password's 19 MiB, a message) to the system when freed.

    By itself it learns from the first one to keep the next for ever.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1 << 20)
