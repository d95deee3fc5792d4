"""A listener's own certificate, for clients that name none."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailcore.conf import current, store
from mailcore.conf.deployment import deployment
from mailcore.server.tls import server_context
from mailcore.smtpd import server
from tests.mailcore.smtpd.conftest import served
from tests.support.certificate import make_certificate
from tests.support.own_authority import Authority
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The server's certificate and key in tls/, beside those of vanity.example."""
    folder = tmp_path / "tls"
    folder.mkdir()
    Authority().issue(folder, "vanity", hosts=("vanity.example",))
    return make_certificate(folder)


@pytest.fixture
def vanity(people: None, files: tuple[Path, Path], tmp_path: Path) -> Iterator[Addresses]:
    """127.0.0.1 is vanity's on the mail port and on submissions, not on submission."""
    lines = ["v smtp 127.0.0.1 vanity", "w submissions 127.0.0.1 vanity"]
    store.save("access", {"listeners": lines}, by="test")
    current.refresh()
    own = files[0].parent / "vanity.crt"
    contexts = {"vanity": server_context(own, own.with_suffix(".key"))}
    with served(*files, tmp_path / "spool", certificates=contexts) as addresses:
        yield addresses


def seen(connection: Connection) -> bytes:
    assert isinstance(connection.socket, ssl.SSLSocket)
    found = connection.socket.getpeercert(binary_form=True)
    assert found is not None
    return found


def after_starttls(address: tuple[str, int]) -> bytes:
    connection = Connection(address)
    connection.line()
    connection.send(b"EHLO peer.example.net\r\n")
    while connection.line()[3:4] == "-":
        pass
    connection.send(b"STARTTLS\r\n")
    assert connection.line().startswith("220")
    connection.start_tls()
    return seen(connection)


def test_each_listener_shows_its_own(vanity: Addresses, files: tuple[Path, Path]) -> None:
    servers, own = (
        ssl.PEM_cert_to_DER_cert(file.read_text())
        for file in (files[0], files[0].parent / "vanity.crt")
    )
    assert seen(Connection(vanity["submissions"], tls=True)) == own
    assert after_starttls(vanity["smtp"]) == own
    assert after_starttls(vanity["submission"]) == servers


def test_the_server_loads_the_certificates_that_listeners_name(
    people: None, files: tuple[Path, Path], tmp_path: Path
) -> None:
    lines = ["v smtp 127.0.0.1 vanity", "w smtp 127.0.0.2 missing"]
    store.save("access", {"listeners": lines}, by="test")
    current.refresh()
    service = server.service_for(replace(deployment(), home=tmp_path))
    assert service.tls is not None
    assert list(service.certificates) == ["vanity"]
