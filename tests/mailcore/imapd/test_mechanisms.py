"""Logging in to IMAP by SCRAM, with a bound channel, by CRAM-MD5 and by bearer tokens."""

import base64
import hashlib
import imaplib
import ssl
from pathlib import Path

import pytest

from mailcore.accounts import administration
from mailcore.accounts.models import Account
from mailcore.auth.contract import No
from mailcore.auth.identity import Identity
from mailcore.conf import current, store
from mailcore.registry import Registry
from tests.support.imap_client import ImapClient
from tests.support.scram import ScramClient

Listeners = dict[str, tuple[str, int]]
ALICE, PASSWORD = "alice@example.com", "wonderland"
EVERY = ("PLAIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256",
         "SCRAM-SHA-256-PLUS", "OAUTHBEARER", "XOAUTH2")  # fmt: skip


@pytest.fixture
def every(imap: Listeners) -> None:
    """All mechanisms are wanted; passwords are kept for CRAM-MD5."""
    store.save("imap", {"auth_mechanisms": EVERY}, by="test")
    store.save("auth", {"keep_passwords": True}, by="test")
    current.refresh()
    administration.set_password(ALICE, PASSWORD, by="test")
    current.refresh()


def scram(client: ImapClient, mechanism: str, exchange: ScramClient) -> str:
    """The exchange with an initial response; the tagged line without its tag."""
    first = base64.b64encode(exchange.first()).decode()
    tag = client.send(f"AUTHENTICATE {mechanism} {first}")
    line = client.wire.line()
    if line.startswith("+ "):
        answer = exchange.final(base64.b64decode(line[2:]))
        client.wire.send(base64.b64encode(answer) + b"\r\n")
        line = client.wire.line()
    if line.startswith("+ "):
        exchange.check(base64.b64decode(line[2:]))
        client.wire.send(b"\r\n")
        line = client.wire.line()
    return line.removeprefix(tag + " ")


def end_point(client: ImapClient) -> tuple[str, bytes]:
    assert isinstance(client.wire.socket, ssl.SSLSocket)
    seen = client.wire.socket.getpeercert(binary_form=True)
    assert seen is not None
    return "tls-server-end-point", hashlib.sha256(seen).digest()


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_scram_with_either_digest_bound_or_not(imap: Listeners, every: None, digest: str) -> None:
    name = {"sha1": "SCRAM-SHA-1", "sha256": "SCRAM-SHA-256"}[digest]
    client = ImapClient(imap["imaps"], "", tls=True)
    assert f"AUTH={name}-PLUS" in client.greeting
    assert scram(client, name, ScramClient(ALICE, PASSWORD, digest=digest)).startswith("OK")
    client = ImapClient(imap["imaps"], "", tls=True)
    exchange = ScramClient(ALICE, PASSWORD, digest=digest, binding=end_point(client))
    assert scram(client, f"{name}-PLUS", exchange).startswith("OK")
    assert "* 3 EXISTS" in client.do("SELECT INBOX")


def test_a_relay_in_between_is_found_out(imap: Listeners, every: None) -> None:
    client = ImapClient(imap["imaps"], "", tls=True)
    exchange = ScramClient(ALICE, PASSWORD, binding=("tls-server-end-point", b"x" * 32))
    answer = scram(client, "SCRAM-SHA-256-PLUS", exchange)
    assert answer.startswith("NO [AUTHENTICATIONFAILED]")
    stripped = ScramClient(ALICE, PASSWORD, flag="y")
    assert scram(client, "SCRAM-SHA-256", stripped).startswith("NO [AUTHENTICATIONFAILED]")


def test_the_channel_is_that_of_starttls_too(imap: Listeners, every: None) -> None:
    client = ImapClient(imap["imap"], "")
    assert "PLUS" not in client.greeting
    client.do("STARTTLS")
    client.wire.start_tls()
    assert "AUTH=SCRAM-SHA-256-PLUS" in client.capabilities()
    exchange = ScramClient(ALICE, PASSWORD, binding=end_point(client))
    assert scram(client, "SCRAM-SHA-256-PLUS", exchange).startswith("OK")


def test_cram_md5_where_passwords_are_kept(imap: Listeners, every: None) -> None:
    with imaplib.IMAP4(*imap["imap"]) as client:
        assert "AUTH=CRAM-MD5" in client.capabilities
        client.login_cram_md5(ALICE, PASSWORD)
        assert client.select()[1] == [b"3"]
    with imaplib.IMAP4(*imap["imap"]) as client, pytest.raises(imaplib.IMAP4.error):
        client.login_cram_md5(ALICE, "wrong")


class Issuer:
    """Knows one token; stands in for an authorisation server."""

    def verify_token(self, name: str, token: str, service: str) -> Identity | No:
        if token != "good" or service != "imap":
            return No.REFUSED
        account = Account.objects.get(address=ALICE)
        return Identity(account.address, account.pk, "", Path(account.maildir))


@pytest.mark.parametrize(
    ("mechanism", "form"),
    [
        ("OAUTHBEARER", "n,,\x01auth=Bearer {token}\x01\x01"),
        ("XOAUTH2", "user=alice@example.com\x01auth=Bearer {token}\x01\x01"),
    ],
)
def test_bearer_tokens_are_shown_to_their_issuer(
    imap: Listeners, every: None, monkeypatch: pytest.MonkeyPatch, mechanism: str, form: str
) -> None:
    table: Registry[type[Issuer]] = Registry("courier.auth.tokens", {"test": f"{__name__}:Issuer"})
    monkeypatch.setattr("mailcore.auth.login.token_backends", table)
    assert f"AUTH={mechanism}" not in ImapClient(imap["imap"], "").greeting
    store.save("auth", {"token_backends": ["test"]}, by="test")
    current.refresh()
    good = base64.b64encode(form.format(token="good").encode()).decode()
    client = ImapClient(imap["imap"], "")
    assert f"AUTH={mechanism}" in client.greeting
    assert client.do(f"AUTHENTICATE {mechanism} {good}")[-1].startswith("OK [CAPABILITY ")
    client = ImapClient(imap["imap"], "")
    bad = base64.b64encode(form.format(token="bad").encode()).decode()
    tag = client.send(f"AUTHENTICATE {mechanism} {bad}")
    line = client.wire.line()
    assert b"invalid_token" in base64.b64decode(line[2:])
    client.wire.send(b"AQ==\r\n")
    assert client.wire.line().startswith(f"{tag} NO [AUTHENTICATIONFAILED]")
