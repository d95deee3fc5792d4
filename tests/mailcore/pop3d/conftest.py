"""A POP3 server on free ports over real Maildirs."""

import shutil
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mailcore.accounts import administration, directory
from mailcore.conf import current
from mailcore.conf.deployment import deployment
from mailcore.mailbox.store import MailStore
from mailcore.pop3d import server
from mailcore.pop3d.service import Service
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Listening, Sessions
from mailcore.server.tls import server_context
from tests.support.certificate import make_certificate
from tests.support.running import running

ALICE = "alice@example.com"
PASSWORD = "wonderland"
MESSAGES = [
    b"Subject: one\r\n\r\nfirst body\r\n",
    b"Subject: two\r\n\r\n.\r\n..dots\r\nend\r\n",
    b"Subject: three\r\n\r\nline 1\r\nline 2\r\nline 3\r\n",
]


@pytest.fixture
def alice(transactional_db: object, bus: object) -> Path:
    """alice@example.com with three messages; gives her Maildir."""
    shutil.rmtree(deployment().mail / "example.com", ignore_errors=True)  # by tests before this
    administration.add_domain("example.com", by="test")
    administration.add_account(ALICE, PASSWORD, by="test")
    current.refresh()
    account = directory.account(ALICE)
    assert account is not None
    with MailStore(account.maildir) as store:
        inbox = store.folder("INBOX")
        for data in MESSAGES:
            inbox.append(data)
    return account.maildir


@pytest.fixture
def changed() -> list[Path]:
    """The Maildirs that were announced as changed."""
    return []


@pytest.fixture
def pop3(alice: Path, tmp_path: Path, changed: list[Path]) -> Iterator[dict[str, tuple[str, int]]]:
    """The addresses of both listeners."""
    certificate, key = make_certificate(tmp_path)

    async def start(
        sockets: Mapping[str, list[socket.socket]],
    ) -> tuple[list[Listening], Sessions]:
        service = Service(
            tls=server_context(certificate, key),
            decoy=b"decoy",
            sessions=Sessions(),
            limits=ConnectionLimits(0, 0),
            announce=changed.append,
        )
        servers = [
            await server.start(service, opened[0], implicit_tls=name == "pop3s")
            for name, opened in sockets.items()
        ]
        return servers, service.sessions

    with running(list(server.NAMES), start) as addresses:
        yield addresses
