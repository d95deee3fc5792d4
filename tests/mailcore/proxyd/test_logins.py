"""Whose word counts: the proxy's, the node's, a master's."""

import imaplib

import pytest

from mailcore.accounts import administration
from mailcore.conf import current, store
from tests.mailcore.proxyd.conftest import ALICE, BOB, PASSWORDS, Proxy
from tests.support.imap_client import ImapClient
from tests.support.node import NodeProcess
from tests.support.scram import ScramClient

AS_MASTER = {
    "login": "authzid",
    "master_user": "boss@example.com",
    "master_password": "masterkey",
}


def test_the_node_slows_guessing_by_the_clients_address(proxy: Proxy, alpha: NodeProcess) -> None:
    store.save("auth", {"failures_per_peer": 1000}, by="test")  # the proxy's own: out of the way
    administration.set_account(BOB, by="test", node="alpha")  # where his password isn't known yet
    with proxy(nodes=[alpha.line()], verify=False) as addresses:
        for _ in range(12):
            guesser = ImapClient(addresses["imap_proxy"], name="", source="127.0.0.9")
            assert "[AUTH" in guesser.refused(f"LOGIN {BOB} a-guess")
        guesser = ImapClient(addresses["imap_proxy"], name="", source="127.0.0.9")
        assert "[UNAVAILABLE]" in guesser.refused(f"LOGIN {BOB} {PASSWORDS[BOB]}")
        ImapClient(addresses["imap_proxy"], source="127.0.0.10")
    assert alpha.logged("login.failed", "peer=127.0.0.9")
    assert alpha.logged("session.forwarded", "peer=127.0.0.10")
    assert alpha.logged("session.opened", "address=alice@example.com", "peer=127.0.0.10")


def test_without_verifying_the_node_alone_judges(proxy: Proxy, alpha: NodeProcess) -> None:
    administration.set_password(ALICE, "something-else", by="test")
    current.refresh()
    with proxy(nodes=[alpha.line()], verify=False) as addresses:
        ImapClient(addresses["imap_proxy"], ALICE, PASSWORDS[ALICE])
        client = ImapClient(addresses["imap_proxy"], name="")
        assert "[AUTHENTICATIONFAILED]" in client.refused(f"LOGIN {ALICE} something-else")


def test_a_password_that_only_the_proxy_takes_is_wrong(proxy: Proxy, alpha: NodeProcess) -> None:
    administration.set_password(ALICE, "something-else", by="test")
    current.refresh()
    with proxy(nodes=[alpha.line()]) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        assert "[AUTHENTICATIONFAILED]" in client.refused(f"LOGIN {ALICE} something-else")


def test_a_master_lets_in_who_proves_the_name_by_scram(proxy: Proxy, alpha: NodeProcess) -> None:
    administration.set_password(ALICE, "known-here-only", by="test")
    current.refresh()
    with proxy(nodes=[alpha.line()], **AS_MASTER) as addresses:
        client = imaplib.IMAP4(*addresses["imap_proxy"])
        assert "AUTH=SCRAM-SHA-256" in client.capabilities
        scram = ScramClient(ALICE, "known-here-only")
        steps = iter(
            [lambda said: scram.first(), scram.final, lambda said: scram.check(said) or b""]
        )
        assert client.authenticate("SCRAM-SHA-256", lambda said: next(steps)(said))[0] == "OK"
        assert client.select("INBOX", readonly=True)[1] == [b"1"]
    assert alpha.logged("login.as_other", "master=boss@example.com", f"account={ALICE}",
                        "peer=127.0.0.1")  # fmt: skip


@pytest.mark.parametrize("verify", [True, False])
def test_with_a_master_the_proxy_always_checks_passwords(
    proxy: Proxy, alpha: NodeProcess, verify: bool
) -> None:
    with proxy(nodes=[alpha.line()], verify=verify, **AS_MASTER) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        assert "[AUTHENTICATIONFAILED]" in client.refused(f"LOGIN {ALICE} anything")
        client.do(f"LOGIN {ALICE} {PASSWORDS[ALICE]}")


def test_a_master_that_is_refused_is_our_trouble_not_the_clients(
    proxy: Proxy, alpha: NodeProcess
) -> None:
    with proxy(nodes=[alpha.line()], **{**AS_MASTER, "master_password": "stale"}) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        assert "[UNAVAILABLE]" in client.refused(f"LOGIN {ALICE} {PASSWORDS[ALICE]}")


def test_an_account_on_a_node_that_is_not_listed_is_not_available(
    proxy: Proxy, alpha: NodeProcess
) -> None:
    with proxy(nodes=[alpha.line()]) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        assert "[UNAVAILABLE]" in client.refused(f"LOGIN {BOB} {PASSWORDS[BOB]}")


def test_a_proxy_before_itself_ends(proxy: Proxy) -> None:
    with proxy(nodes=["alpha 127.0.0.1 imap=1 pop3=0 tls=none"]) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        client.do('ID ("x-originating-ip" "192.0.2.1" "x-proxy-ttl" "0")')
        assert "[UNAVAILABLE]" in client.refused(f"LOGIN {ALICE} {PASSWORDS[ALICE]}")
