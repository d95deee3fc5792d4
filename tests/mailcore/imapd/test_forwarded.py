"""What a listed proxy says of its client counts; what anybody else says does not."""

import base64

import pytest

from mailcore.conf import current, store
from mailcore.imapd.server import Server
from mailcore.server.limits import ConnectionLimits
from tests.support.imap_client import ImapClient

Listeners = dict[str, tuple[str, int]]


@pytest.fixture
def rules(imap: Listeners) -> None:
    """This machine is a proxy, bob@ a master; three wrong passwords and a peer has to wait."""
    change({"proxy_from": ("127.0.0.0/8",), "masters": ("bob@example.com",)})


def change(values: dict[str, object]) -> None:
    store.save("auth", {"failures_per_peer": 3, **values}, by="test")
    current.refresh()


def client(imap: Listeners, said: str) -> ImapClient:
    """A connection that a proxy has made for a client at `said`."""
    made = ImapClient(imap["imap"], name="")
    made.do(f'ID ("x-originating-ip" "{said}" "x-originating-port" "4000")')
    return made


def guess(imap: Listeners, said: str) -> str:
    return client(imap, said).refused("LOGIN alice@example.com not-this-one")


def plain(authzid: str, name: str, password: str) -> str:
    return base64.b64encode(f"{authzid}\0{name}\0{password}".encode()).decode()


def test_guessing_is_slowed_by_the_clients_address(imap: Listeners, rules: None) -> None:
    for _ in range(3):
        assert "[AUTHENTICATIONFAILED]" in guess(imap, "192.0.2.7")
    assert "[UNAVAILABLE]" in guess(imap, "192.0.2.7")
    client(imap, "198.51.100.9").do("LOGIN alice@example.com wonderland")


def test_a_stranger_is_not_believed(imap: Listeners, rules: None) -> None:
    change({"proxy_from": ("192.0.2.0/24",)})
    for number in range(3):
        assert "[AUTHENTICATIONFAILED]" in guess(imap, f"198.51.100.{number}")
    assert "[UNAVAILABLE]" in guess(imap, "198.51.100.99")


def test_only_the_first_word_counts_and_none_after_a_login(
    imap: Listeners, server: Server, rules: None
) -> None:
    one = client(imap, "192.0.2.7")
    one.do('ID ("x-originating-ip" "198.51.100.1")')
    two = ImapClient(imap["imap"])
    two.do("UNAUTHENTICATE")
    two.do('ID ("x-originating-ip" "198.51.100.1")')
    assert {session.peer for session in server.sessions.all()} == {"192.0.2.7", "127.0.0.1"}


def test_connections_are_counted_by_the_clients_address(
    imap: Listeners, server: Server, rules: None
) -> None:
    server.limits = ConnectionLimits(0, 2)
    held = [client(imap, "192.0.2.7") for _ in range(2)]
    third = ImapClient(imap["imap"], name="")
    third.send('ID ("x-originating-ip" "192.0.2.7")')
    assert third.wire.line() == "* BYE Too many connections."
    client(imap, "192.0.2.8").do("NOOP")
    held[0].do("LOGOUT")
    assert held[0].wire.line() == "<closed>"
    client(imap, "192.0.2.7").do("NOOP")


@pytest.mark.parametrize("said", ["not-an-address", "", '192.0.2.1\\" x', "fe80::1%eth0"])
def test_an_address_that_is_none_is_a_syntax_error(imap: Listeners, rules: None, said: str) -> None:
    made = ImapClient(imap["imap"], name="")
    assert made.refused(f'ID ("x-originating-ip" "{said}")').startswith("BAD")


def test_a_master_logs_in_as_another(imap: Listeners, rules: None) -> None:
    said = plain("alice@example.com", "bob@example.com", "builder99")
    made = client(imap, "192.0.2.7")
    made.do(f"AUTHENTICATE PLAIN {said}")
    assert any("* 3 EXISTS" in line for line in made.do("SELECT INBOX"))


@pytest.mark.parametrize(
    ("authzid", "name", "password"),
    [
        ("alice@example.com", "bob@example.com", "not-builder99"),
        ("nobody@example.com", "bob@example.com", "builder99"),
        ("bob@example.com", "alice@example.com", "wonderland"),
        ("alice@example.com", "carol@example.com", "smallroom"),
    ],
)
def test_nobody_else_does(
    imap: Listeners, rules: None, authzid: str, name: str, password: str
) -> None:
    made = client(imap, "192.0.2.7")
    said = plain(authzid, name, password)
    assert "[AUTHENTICATIONFAILED]" in made.refused(f"AUTHENTICATE PLAIN {said}")


def test_a_master_acts_from_a_proxys_network_only(imap: Listeners, rules: None) -> None:
    change({"proxy_from": ("192.0.2.0/24",)})
    made = ImapClient(imap["imap"], name="")
    said = plain("alice@example.com", "bob@example.com", "builder99")
    assert "[AUTHENTICATIONFAILED]" in made.refused(f"AUTHENTICATE PLAIN {said}")


def test_who_logs_out_on_a_connection_of_a_proxy_is_not_taken_for_the_proxy(
    imap: Listeners, server: Server, rules: None
) -> None:
    made = ImapClient(imap["imap"])
    made.do("UNAUTHENTICATE")
    made.do('ID ("x-originating-ip" "192.0.2.7")')
    assert [one.session.peer for one in server.sessions.all()] == ["127.0.0.1"]  # type: ignore[attr-defined]
    said = plain("alice@example.com", "bob@example.com", "builder99")
    assert "[AUTHENTICATIONFAILED]" in made.refused(f"AUTHENTICATE PLAIN {said}")
