"""Sockets of added listeners follow the settings."""

import socket

from mailcore.server.shutdown import Listening
from mailcore.smtpd.listeners import Listener
from mailcore.smtpd.places import Places
from tests.support.ports import free_ports


class Kept:
    """What accepts; remembers whose it is."""

    def __init__(self, listener: Listener, opened: socket.socket) -> None:
        self.listener = listener
        self.opened = opened

    def close(self) -> None:
        self.opened.close()


async def start(listener: Listener, opened: socket.socket) -> Listening:
    return Kept(listener, opened)


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


async def test_what_the_settings_name_is_bound_until_they_do_not() -> None:
    one, two = free_ports(2)
    places = Places(start)
    await places.follow((f"a smtp 127.0.0.1:{one}", "b smtp 127.0.0.1"))
    assert is_open(one)
    await places.follow((f"a smtp 127.0.0.1:{one},127.0.0.1:{two}",))
    assert is_open(one)
    assert is_open(two)
    await places.follow((f"a smtp 127.0.0.1:{two}",))
    assert not is_open(one)
    places.close()
    assert not is_open(two)


async def test_an_address_that_cannot_be_had_harms_no_other() -> None:
    (port,) = free_ports(1)
    places = Places(start)
    await places.follow(("a smtp 192.0.2.1:25", f"b lmtp 127.0.0.1:{port}"))
    assert is_open(port)
    places.close()
