"""XCLIENT: a listed proxy says who its client is."""

import base64
import poplib

import pytest

from mailcore.accounts import administration
from mailcore.conf import current, store
from tests.mailcore.pop3d.conftest import ALICE, PASSWORD

Listeners = dict[str, tuple[str, int]]


def connected(pop3: Listeners, **auth: object) -> poplib.POP3:
    store.save("auth", {"failures_per_peer": 3, **auth}, by="test")
    current.refresh()
    return poplib.POP3(*pop3["pop3"])


def said(client: poplib.POP3, command: str) -> str:
    """The answer to a command, refused or not."""
    try:
        return client._shortcmd(command).decode()
    except poplib.error_proto as error:
        return error.args[0].decode()


def guess(pop3: Listeners, address: str, password: str) -> str:
    client = connected(pop3, proxy_from=("127.0.0.1",))
    assert said(client, f"XCLIENT ADDR={address} PORT=4000 SESSION=x TTL=2").startswith("+OK")
    said(client, f"USER {ALICE}")
    return said(client, f"PASS {password}")


def test_guessing_is_slowed_by_the_clients_address(pop3: Listeners) -> None:
    for _ in range(3):
        assert guess(pop3, "192.0.2.7", "not-this-one").startswith("-ERR [AUTH]")
    assert guess(pop3, "192.0.2.7", PASSWORD).startswith("-ERR [SYS/TEMP]")
    assert guess(pop3, "2001:db8::7", PASSWORD).startswith("+OK")


def test_a_stranger_has_no_such_command(pop3: Listeners) -> None:
    client = connected(pop3, proxy_from=("192.0.2.0/24",))
    assert b"XCLIENT" not in client.getwelcome()
    assert said(client, "XCLIENT ADDR=192.0.2.7").startswith("-ERR")


def test_it_is_said_once_and_before_the_login(pop3: Listeners) -> None:
    client = connected(pop3, proxy_from=("127.0.0.1",))
    assert client.getwelcome().startswith(b"+OK [XCLIENT] ")
    assert said(client, "XCLIENT ADDR=192.0.2.7").startswith("+OK")
    assert said(client, "XCLIENT ADDR=192.0.2.8").startswith("-ERR")
    late = connected(pop3, proxy_from=("127.0.0.1",))
    late.user(ALICE)
    late.pass_(PASSWORD)
    assert said(late, "XCLIENT ADDR=192.0.2.8").startswith("-ERR")


@pytest.mark.parametrize("argument", ["", "ADDR=", "ADDR=mail.example", "ADDR=1.2.3.4 PORT=99999"])
def test_an_address_that_is_none_is_refused(pop3: Listeners, argument: str) -> None:
    client = connected(pop3, proxy_from=("127.0.0.1",))
    assert said(client, f"XCLIENT {argument}").startswith("-ERR")


def test_a_master_logs_in_as_another(pop3: Listeners) -> None:

    administration.add_account("boss@example.com", "masterkey", by="test")
    client = connected(pop3, proxy_from=("127.0.0.1",), masters=("boss@example.com",))
    response = base64.b64encode(f"{ALICE}\0boss@example.com\0masterkey".encode()).decode()
    assert said(client, f"AUTH PLAIN {response}").startswith("+OK 3 messages")
