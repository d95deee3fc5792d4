"""Real clients through the proxy: each account's mail comes from its own node."""

import imaplib
import poplib

from tests.mailcore.proxyd.conftest import ALICE, BOB, PASSWORDS, Addresses
from tests.support.imap_client import ImapClient


def subject(imap: tuple[str, int], name: str) -> bytes:
    """The subject of the one message that `name` finds in INBOX."""
    client = imaplib.IMAP4(*imap)
    client.login(name, PASSWORDS[name])
    client.select("INBOX", readonly=True)
    _, found = client.fetch("1", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    client.logout()
    assert isinstance(found[0], tuple)
    return found[0][1].strip()


def test_each_account_is_taken_to_its_own_node(both: Addresses) -> None:
    assert subject(both["imap_proxy"], ALICE) == b"Subject: on alpha"
    assert subject(both["imap_proxy"], BOB) == b"Subject: on beta"


def test_poplib_fetches_from_its_node(both: Addresses) -> None:
    client = poplib.POP3(*both["pop3_proxy"])
    client.user(BOB)
    client.pass_(PASSWORDS[BOB])
    assert client.stat()[0] == 1
    assert b"Subject: on beta" in client.retr(1)[1]
    client.quit()


def test_what_was_sent_behind_the_login_reaches_the_node(both: Addresses) -> None:
    client = ImapClient(both["imap_proxy"], name="")
    client.wire.send(b"a LOGIN alice@example.com wonderland\r\nb SELECT INBOX\r\nc FETCH 1 UID\r\n")
    assert client.until("a")[-1].startswith("a OK [CAPABILITY IMAP4rev1 ")
    assert client.until("b")[-1].startswith("b OK ")
    assert client.until("c")[0].startswith("* 1 FETCH (UID ")


def test_a_wrong_password_is_refused_and_the_session_goes_on(both: Addresses) -> None:
    client = ImapClient(both["imap_proxy"], name="")
    assert "[AUTHENTICATIONFAILED]" in client.refused("LOGIN alice@example.com wrong-one")
    client.do("LOGIN alice@example.com wonderland")
