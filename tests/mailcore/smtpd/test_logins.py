"""Logging in by other ways than a password in the clear: SCRAM, CRAM-MD5, certificates, tokens."""

import base64
import hashlib
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from mailcore.accounts import administration
from mailcore.accounts.models import Account
from mailcore.auth import registry
from mailcore.auth.contract import No
from mailcore.auth.identity import Identity
from mailcore.conf import current, store
from mailcore.registry import Registry
from tests.support.own_authority import Authority
from tests.support.scram import ScramClient
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]
ALICE, PASSWORD = "alice@example.com", "wonderland"
EVERY = ["PLAIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256",
         "SCRAM-SHA-256-PLUS", "EXTERNAL", "OAUTHBEARER", "XOAUTH2"]  # fmt: skip


@pytest.fixture
def every(people: None) -> None:
    """All mechanisms are wanted; passwords are kept for CRAM-MD5."""
    store.save("esmtp", {"auth_mechanisms": EVERY}, by="test")
    store.save("auth", {"keep_passwords": True}, by="test")
    current.refresh()
    administration.set_password(ALICE, PASSWORD, by="test")
    current.refresh()


def greet(connection: Connection) -> list[str]:
    connection.send(b"EHLO client.example.net\r\n")
    lines = [connection.line()]
    while lines[-1][3:4] == "-":
        lines.append(connection.line())
    return lines


def mechanisms(connection: Connection) -> list[str]:
    offered = [line for line in greet(connection) if line[4:].startswith("AUTH ")]
    return offered[0].split()[1:] if offered else []


def say(connection: Connection, line: bytes) -> str:
    connection.send(line + b"\r\n")
    return connection.line()


def scram(connection: Connection, mechanism: str, client: ScramClient) -> str:
    line = say(connection, f"AUTH {mechanism} ".encode() + base64.b64encode(client.first()))
    if not line.startswith("334 "):
        return line
    final = client.final(base64.b64decode(line[4:]))
    line = say(connection, base64.b64encode(final))
    if not line.startswith("334 "):
        return line
    client.check(base64.b64decode(line[4:]))
    return say(connection, b"")


def secured(
    address: tuple[str, int], certificate: tuple[Path, Path] | None = None, name: str = ""
) -> Connection:
    connection = Connection(address)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate is not None:
        context.load_cert_chain(*certificate)
    connection.socket = context.wrap_socket(connection.socket, server_hostname=name or None)
    connection.line()
    return connection


def end_point(connection: Connection) -> tuple[str, bytes]:
    """What a client makes of the certificate it sees.  RFC 5929 §4.1."""
    assert isinstance(connection.socket, ssl.SSLSocket)
    seen = connection.socket.getpeercert(binary_form=True)
    assert seen is not None
    return "tls-server-end-point", hashlib.sha256(seen).digest()


def test_only_what_can_work_is_offered(smtp: Addresses, every: None) -> None:
    clear = Connection(smtp["submission"])
    clear.line()
    assert mechanisms(clear) == ["PLAIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"]
    assert mechanisms(secured(smtp["submissions"])) == [
        "PLAIN",
        "CRAM-MD5",
        "SCRAM-SHA-1",
        "SCRAM-SHA-1-PLUS",
        "SCRAM-SHA-256",
        "SCRAM-SHA-256-PLUS",
    ]


def test_scram_with_either_digest_bound_or_not(smtp: Addresses, every: None) -> None:
    for digest, name in (("sha1", "SCRAM-SHA-1"), ("sha256", "SCRAM-SHA-256")):
        connection = secured(smtp["submissions"])
        greet(connection)
        client = ScramClient(ALICE, PASSWORD, digest=digest)
        assert scram(connection, name, client).startswith("235 ")
        connection = secured(smtp["submissions"])
        greet(connection)
        client = ScramClient(ALICE, PASSWORD, digest=digest, binding=end_point(connection))
        assert scram(connection, f"{name}-PLUS", client).startswith("235 ")


def test_scram_bound_to_another_channel_is_refused(smtp: Addresses, every: None) -> None:
    connection = secured(smtp["submissions"])
    greet(connection)
    binding = ("tls-server-end-point", b"x" * 32)
    client = ScramClient(ALICE, PASSWORD, binding=binding)
    assert scram(connection, "SCRAM-SHA-256-PLUS", client).startswith("535 5.7.8")


@pytest.mark.interop
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_swaks_logs_in_by_cram_md5(smtp: Addresses, every: None, password: str) -> None:
    host, port = smtp["submission"]
    done = subprocess.run(
        [
            "swaks", "--server", host, "--port", str(port), "--from", ALICE, "--to", ALICE,
            "--auth", "CRAM-MD5", "--auth-user", ALICE, "--auth-password", password,
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) == (password == PASSWORD), done.stdout


def test_cram_md5_knows_nobody_without_a_kept_password(smtp: Addresses, every: None) -> None:
    Account.objects.filter(address=ALICE).update(sealed_password="")
    store.save("auth", {"failures_per_peer": 100}, by="test")
    current.refresh()
    for name in (ALICE, "nobody@example.com"):
        connection = Connection(smtp["submission"])
        connection.line()
        greet(connection)
        assert say(connection, b"AUTH CRAM-MD5").startswith("334 ")
        answer = f"{name} {'0' * 32}".encode()
        assert say(connection, base64.b64encode(answer)).startswith("535 5.7.8")


def test_a_kept_password_is_sealed_and_only_kept_when_wanted(people: None, every: None) -> None:
    kept = {row.address: row.sealed_password for row in Account.objects.all()}
    assert kept["bob@example.com"] == ""  # made before the setting
    assert kept[ALICE]
    assert PASSWORD not in kept[ALICE]


def test_a_client_certificate_logs_its_owner_in(
    every: None, smtp_with_authority: tuple[Addresses, Authority], tmp_path: Path
) -> None:
    addresses, authority = smtp_with_authority
    known = authority.issue(tmp_path, "alice", email=ALICE)
    connection = secured(addresses["submissions"], known)
    assert "EXTERNAL" in mechanisms(connection)
    assert say(connection, b"AUTH EXTERNAL =").startswith("235 ")
    connection = secured(addresses["submissions"], known)
    greet(connection)
    other = base64.b64encode(b"bob@example.com")
    assert say(connection, b"AUTH EXTERNAL " + other).startswith("535 5.7.8")
    nameless = secured(addresses["submissions"], authority.issue(tmp_path, "nameless"))
    assert "EXTERNAL" not in mechanisms(nameless)
    assert "EXTERNAL" not in mechanisms(secured(addresses["submissions"]))


def test_a_certificate_of_another_authority_gets_no_session(
    every: None, smtp_with_authority: tuple[Addresses, Authority], tmp_path: Path
) -> None:
    addresses, _ = smtp_with_authority
    forged = Authority("Another").issue(tmp_path, "forged", email=ALICE)
    try:
        connection = secured(addresses["submissions"], forged)
    except OSError:
        return  # told within the handshake
    assert connection.line() == "<closed>"  # or right behind it, as TLS 1.3 does


class Issuer:
    """Knows one token; stands in for an authorisation server."""

    def verify_token(self, name: str, token: str, service: str) -> Identity | No:
        if token != "good":
            return No.REFUSED
        account = Account.objects.get(address=ALICE)
        return Identity(account.address, account.pk, "", Path(account.maildir))


def test_a_token_back_end_is_asked_where_there_is_one(
    smtp: Addresses, every: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    table: Registry[type[Issuer]] = Registry("courier.auth.tokens", {"test": f"{__name__}:Issuer"})
    monkeypatch.setattr("mailcore.auth.login.token_backends", table)
    assert registry.token_backends.names() == []
    store.save("auth", {"token_backends": ["test"]}, by="test")
    current.refresh()
    for token, expected in (("good", "235 "), ("bad", "334 ")):
        connection = Connection(smtp["submission"])
        connection.line()
        assert {"OAUTHBEARER", "XOAUTH2"} <= set(mechanisms(connection))
        response = f"n,,\x01auth=Bearer {token}\x01\x01".encode()
        line = say(connection, b"AUTH OAUTHBEARER " + base64.b64encode(response))
        assert line.startswith(expected)
    assert b"invalid_token" in base64.b64decode(line[4:])
    assert say(connection, base64.b64encode(b"\x01")).startswith("535 ")


def test_the_certificate_is_the_one_of_the_name_asked_for(
    people: None, smtp_with_authority: tuple[Addresses, Authority]
) -> None:
    """RFC 6066 §3; the binding is to the certificate that was used."""
    addresses, _ = smtp_with_authority
    seen = set()
    for name in ("vanity.example", "www.wild.example", "elsewhere.example"):
        connection = secured(addresses["submissions"], name=name)
        kind, data = end_point(connection)
        seen.add(data)
        greet(connection)
        client = ScramClient(ALICE, PASSWORD, binding=(kind, data))
        assert scram(connection, "SCRAM-SHA-256-PLUS", client).startswith("235 ")
    assert len(seen) == 3


def test_a_peer_that_never_begins_tls_keeps_nobody_waiting(smtp: Addresses) -> None:
    silent = [socket.create_connection(smtp["submissions"]) for _ in range(5)]
    assert greet(secured(smtp["submissions"]))
    for one in silent:
        one.close()
