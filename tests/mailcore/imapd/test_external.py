"""Logging in by a client certificate.  RFC 4422 appendix A."""

import base64
import ssl
from pathlib import Path

import pytest

from mailcore.imapd.server import Server
from mailcore.server.tls import server_context
from tests.support.certificate import make_certificate
from tests.support.imap_client import ImapClient
from tests.support.own_authority import Authority


@pytest.fixture
def authority(server: Server, tmp_path: Path) -> Authority:
    """Its certificates are believed by the server, which does not listen yet."""
    made = Authority()
    server.tls = server_context(*make_certificate(tmp_path), authorities=made.pem)
    return made


def secured(address: tuple[str, int], certificate: tuple[Path, Path] | None = None) -> ImapClient:
    """After STARTTLS, with the client's certificate if it has one."""
    client = ImapClient(address, "")
    client.do("STARTTLS")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate is not None:
        context.load_cert_chain(*certificate)
    client.wire.socket = context.wrap_socket(client.wire.socket)
    return client


def test_a_certificate_logs_its_owner_in_and_nobody_else(
    authority: Authority, imap: dict[str, tuple[str, int]], tmp_path: Path
) -> None:
    known = authority.issue(tmp_path, "alice", email="alice@example.com")
    client = secured(imap["imap"], known)
    assert "AUTH=EXTERNAL" in client.capabilities()
    other = base64.b64encode(b"bob@example.com").decode()
    assert client.refused(f"AUTHENTICATE EXTERNAL {other}").startswith("NO [AUTHENTICATIONFAILED]")
    client.do("AUTHENTICATE EXTERNAL =")
    assert "* 3 EXISTS" in client.do("SELECT INBOX")


def test_without_a_certificate_that_names_somebody_it_is_not_offered(
    authority: Authority, imap: dict[str, tuple[str, int]], tmp_path: Path
) -> None:
    nameless = secured(imap["imap"], authority.issue(tmp_path, "nameless"))
    for client in (nameless, secured(imap["imap"])):
        assert "AUTH=EXTERNAL" not in client.capabilities()
        assert client.refused("AUTHENTICATE EXTERNAL =").startswith("NO [CANNOT]")
