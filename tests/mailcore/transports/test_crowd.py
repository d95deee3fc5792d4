"""Connections to one network are limited, whatever domains they are for."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.transports.esmtp import crowd
from mailcore.transports.esmtp.crowd import Crowd
from tests.support.outgoing import attempt_all, configure, send
from tests.support.remote import Remote


def test_a_network_is_a_24_or_a_48() -> None:
    assert crowd.network("192.0.2.77") == "192.0.2.0/24"
    assert crowd.network("2001:db8:1:2::3") == "2001:db8:1::/48"


def test_who_finds_it_full_waits_for_a_place() -> None:
    places = Crowd()
    leave = places.enter("192.0.2.1", 1, 0)
    with pytest.raises(TimeoutError):
        places.enter("192.0.2.2", 1, 0.01)
    places.enter("192.0.3.1", 1, 0)
    entered = threading.Event()

    def wait() -> None:
        places.enter("192.0.2.3", 1, 30)
        entered.set()

    threading.Thread(target=wait, daemon=True).start()
    leave()
    assert entered.wait(30)


@given(st.lists(st.booleans(), max_size=40))
def test_property_giving_back_twice_is_harmless(twice: list[bool]) -> None:
    places = Crowd()
    for again in twice:
        leave = places.enter("192.0.2.1", 1, 0)
        leave()
        if again:
            leave()
    assert not places.is_full("192.0.2.1", 1)


@pytest.mark.django_db(transaction=True, databases=["default", "queue"])
def test_idle_connections_make_room_for_other_domains_of_the_network() -> None:
    server = Remote()
    configure(
        routes=(f":[127.0.0.1],{server.port} /IPV4ONLY",), network_slots=1, use_starttls=False
    )
    send("ann@far.test")
    attempt_all()  # its connection idles now
    configure(routes=(f":[127.0.0.1],{server.port}",))  # another way, so not for this one
    send("joe@near.test")
    attempt_all()
    assert len(server.mails) == 2
    assert server.connections == 2
    server.stop()
