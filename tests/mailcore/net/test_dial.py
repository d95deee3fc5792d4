"""Connecting out: the source address asked for, and no waiting beyond the limit."""

import socket
import time

import pytest

from mailcore.net.dial import dial, own_addresses


def test_the_source_address_is_the_one_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with dial("127.0.0.1", port, 5, source_ipv4="127.0.0.9", source_ipv6="::1"):
            accepted, (peer, _) = server.accept()
            accepted.close()
    assert peer == "127.0.0.9"


def test_ipv6_uses_its_own_source_address() -> None:
    with (
        socket.create_server(("::1", 0), family=socket.AF_INET6) as server,
        dial("::1", server.getsockname()[1], 5, source_ipv4="127.0.0.9") as connection,
    ):
        assert connection.family == socket.AF_INET6


def test_nobody_listening_is_an_error_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(OSError):  # noqa: PT011 - which one is the system's business
        dial("127.0.0.1", port, 5)


def test_a_full_backlog_is_waited_for_only_so_long() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        taken = [socket.socket() for _ in range(3)]
        for each in taken:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            dial("127.0.0.1", port, 0.3)
        assert time.monotonic() - began < 2
        for each in taken:
            each.close()


def test_loopback_is_always_ours() -> None:
    assert {"127.0.0.1", "::1"} <= own_addresses()
