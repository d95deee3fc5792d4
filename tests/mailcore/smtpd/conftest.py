"""A whole ESMTP server on free ports: real settings, real directory, real queue."""

import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mailcore.accounts import administration
from mailcore.conf import current
from mailcore.conf.deployment import deployment
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Listening, Sessions
from mailcore.server.tls import ServerContext, server_context
from mailcore.smtpd import server
from mailcore.smtpd.listeners import LISTENERS
from mailcore.smtpd.service import Service
from tests.support.certificate import make_certificate
from tests.support.own_authority import Authority
from tests.support.running import running
from tests.support.valkey import Valkey
from workers.celery import app, broker


@pytest.fixture
def people(transactional_db: object, bus: Valkey) -> None:
    """alice@ and bob@example.com with their passwords, sales@ an alias of alice alone."""
    for left in (deployment().mail, deployment().homes):  # by tests before this one
        shutil.rmtree(left / "example.com", ignore_errors=True)
    administration.add_domain("example.com", by="test")
    administration.add_account("alice@example.com", "wonderland", by="test")
    administration.add_account("bob@example.com", "builder99", by="test")
    administration.set_alias("sales@example.com", ["alice@example.com"], by="test")
    administration.set_alias("all@example.com", ["alice@example.com", "bob@example.com"], by="test")
    current.refresh()
    app.conf.broker_url = broker(bus.url)  # the doorbell rings where the bus is


def served(
    certificate: Path,
    key: Path,
    spool: Path,
    authorities: str = "",
    certificates: Mapping[str, ServerContext] | None = None,
) -> AbstractContextManager[dict[str, tuple[str, int]]]:
    """A server with all four listeners; gives their addresses."""

    async def start(
        sockets: Mapping[str, list[socket.socket]],
    ) -> tuple[list[Listening], Sessions]:
        service = Service(
            spool=spool,
            tls=server_context(certificate, key, authorities=authorities),
            decoy=b"decoy",
            sessions=Sessions(),
            limits=ConnectionLimits(0, 0),
            certificates=certificates or {},
        )
        servers = [
            await server.start(service, LISTENERS[name], opened[0])
            for name, opened in sockets.items()
        ]
        return servers, service.sessions

    return running(list(LISTENERS), start)


@pytest.fixture
def smtp(people: None, tmp_path: Path) -> Iterator[dict[str, tuple[str, int]]]:
    """The addresses of the four listeners."""
    certificate, key = make_certificate(tmp_path)
    with served(certificate, key, tmp_path / "spool") as addresses:
        yield addresses


@pytest.fixture
def smtp_with_authority(
    people: None, tmp_path: Path
) -> Iterator[tuple[dict[str, tuple[str, int]], Authority]]:
    """The same with users' certificates believed, and a certificate for vanity.example."""
    authority = Authority()
    folder = tmp_path / "tls"
    folder.mkdir()
    certificate, key = make_certificate(folder)
    authority.issue(folder, "vanity", hosts=("vanity.example",))
    authority.issue(folder, "wild", hosts=("*.wild.example",))
    with served(certificate, key, tmp_path / "spool", authority.pem) as addresses:
        yield addresses, authority
