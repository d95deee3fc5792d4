"""Listening sockets: bound, inherited, refused."""

import socket

import pytest

from mailcore.errors import ConfigError
from mailcore.server import listener


def test_port_zero_takes_a_free_port() -> None:
    (one,) = listener.listen("127.0.0.1", 0)
    with one:
        assert one.getsockname()[1] > 0
        assert not one.get_inheritable()


def test_a_taken_port_is_a_config_error() -> None:
    (one,) = listener.listen("127.0.0.1", 0)
    with one, pytest.raises(ConfigError, match="cannot listen"):
        listener.listen("127.0.0.1", one.getsockname()[1])


def test_inherited_sockets_are_used_as_they_are() -> None:
    with socket.create_server(("127.0.0.1", 0)) as made:
        found = listener.sockets_for(["smtp"], [f"smtp={made.fileno()}"], "", {"smtp": 1})
        assert found["smtp"][0].getsockname() == made.getsockname()
        found["smtp"][0].detach()


@pytest.mark.parametrize("entry", ["smtp", "smtp=x", "other=3", "smtp=9999"])
def test_a_wrong_descriptor_is_a_config_error(entry: str) -> None:
    with pytest.raises(ConfigError):
        listener.sockets_for(["smtp"], [entry], "", {})


def test_port_zero_switches_a_listener_off() -> None:
    assert listener.sockets_for(["smtp"], [], "127.0.0.1", {"smtp": 0}) == {}
