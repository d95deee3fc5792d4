"""A whole ESMTP server on free ports: real settings, real directory, real queue."""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mailcore.accounts import administration
from mailcore.conf import current
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Sessions
from mailcore.server.tls import server_context
from mailcore.smtpd import server
from mailcore.smtpd.listeners import LISTENERS
from mailcore.smtpd.service import Service
from tests.support.certificate import make_certificate
from tests.support.running import running
from tests.support.valkey import Valkey
from workers.celery import app, broker


@pytest.fixture
def people(transactional_db: object, bus: Valkey) -> None:
    """alice@ and bob@example.com with their passwords, sales@ an alias of alice alone."""
    administration.add_domain("example.com", by="test")
    administration.add_account("alice@example.com", "wonderland", by="test")
    administration.add_account("bob@example.com", "builder99", by="test")
    administration.set_alias("sales@example.com", ["alice@example.com"], by="test")
    administration.set_alias("all@example.com", ["alice@example.com", "bob@example.com"], by="test")
    current.refresh()
    app.conf.broker_url = broker(bus.url)  # the doorbell rings where the bus is


@pytest.fixture
def smtp(people: None, tmp_path: Path) -> Iterator[dict[str, tuple[str, int]]]:
    """The addresses of the four listeners."""
    certificate, key = make_certificate(tmp_path)

    async def start(
        sockets: Mapping[str, list[socket.socket]],
    ) -> tuple[list[asyncio.Server], Sessions]:
        service = Service(
            spool=tmp_path / "spool",
            tls=server_context(certificate, key),
            decoy=b"decoy",
            sessions=Sessions(),
            limits=ConnectionLimits(0, 0),
        )
        servers = [
            await server.start(service, LISTENERS[name], opened[0])
            for name, opened in sockets.items()
        ]
        return servers, service.sessions

    with running(list(LISTENERS), start) as addresses:
        yield addresses
