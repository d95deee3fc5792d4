"""Counting connections by network neighbour."""

import pytest

from mailcore.server.limits import ConnectionLimits, is_loopback, is_public, neighbourhood


def test_one_address_gets_only_its_share() -> None:
    limits = ConnectionLimits(10, 2)
    assert limits.admit("192.0.2.1")
    assert limits.admit("::ffff:192.0.2.1")
    assert not limits.admit("192.0.2.1")
    assert limits.admit("192.0.2.2")
    limits.release("192.0.2.1")
    assert limits.admit("192.0.2.1")


def test_all_together_have_a_limit() -> None:
    limits = ConnectionLimits(2, 0)
    assert limits.admit("192.0.2.1")
    assert limits.admit("192.0.2.2")
    assert not limits.admit("192.0.2.3")
    assert limits.open == 2


def test_an_ipv6_network_counts_as_one() -> None:
    limits = ConnectionLimits(0, 1)
    assert limits.admit("2001:db8::1")
    assert not limits.admit("2001:db8::ffff")
    assert limits.admit("2001:db8:0:1::1")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.0.1", "fe80::1%eth0", "", "x"])
def test_private_networks_are_not_this_machine(address: str) -> None:
    assert not is_loopback(address)
    assert isinstance(neighbourhood(address), str)


def test_a_network_has_only_so_many_connections() -> None:
    limits = ConnectionLimits(0, 0, per_network=2)
    assert limits.admit("192.0.2.1")
    assert limits.admit("192.0.2.200")
    assert not limits.admit("192.0.2.3")
    assert limits.admit("192.0.3.1")
    limits.release("192.0.2.1")
    assert limits.admit("192.0.2.3")
    assert limits.admit("2001:db8:1:1::1")
    assert limits.admit("2001:db8:1:2::1")
    assert not limits.admit("2001:db8:1:3::1")
    assert limits.admit("2001:db8:2::1")


def test_only_global_addresses_are_public() -> None:
    assert is_public("8.8.8.8")
    assert is_public("::ffff:8.8.8.8")
    for address in ("127.0.0.1", "10.1.2.3", "192.168.0.1", "fe80::1", "::1", "x"):
        assert not is_public(address)


def test_it_is_tight_when_nine_tenths_are_taken() -> None:
    limits = ConnectionLimits(10, 0)
    told = []
    for number in range(9):
        limits.admit(f"192.0.2.{number}")
        told.append(limits.is_tight)
    assert told == [False] * 8 + [True]
    assert not ConnectionLimits(0, 0).is_tight
