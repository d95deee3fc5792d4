"""A whole IMAP server on free ports over real Maildirs."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from mailcore.accounts import administration, directory
from mailcore.conf import current
from mailcore.conf.deployment import deployment
from mailcore.imapd.commands import login
from mailcore.imapd.server import Server
from mailcore.server.listener import listen
from mailcore.server.tls import server_context
from mailcore.submit import outbox
from tests.support import mailboxes
from tests.support.certificate import make_certificate

Address = tuple[str, int]


@pytest.fixture
def alice(transactional_db: object, bus: object) -> Path:
    """The Maildir of alice@example.com, who has three messages; bob@ has none."""
    administration.add_domain("example.com", by="test")
    administration.add_account("alice@example.com", "wonderland", by="test")
    administration.add_account("bob@example.com", "builder99", by="test")
    administration.add_account(
        "carol@example.com", "smallroom", by="test", quota_bytes=2000, quota_messages=5
    )
    current.refresh()
    shutil.rmtree(deployment().mail, ignore_errors=True)
    login._prepared.clear()
    found = directory.account("alice@example.com")
    assert found is not None
    mailboxes.fill(found.maildir)
    return found.maildir


@pytest.fixture
def server(alice: Path, tmp_path: Path) -> Iterator[Server]:
    """The server, not yet listening; it hears of changes on the test's own bus."""
    deployment.cache_clear()
    made = Server(outbox.send)
    made.tls = server_context(*make_certificate(tmp_path))
    yield made
    deployment.cache_clear()


@pytest.fixture
def imap(server: Server) -> Iterator[dict[str, Address]]:
    """The addresses of the two listeners, served on a thread of their own."""
    sockets = {name: listen("127.0.0.1", 0) for name in ("imap", "imaps")}
    loop = uvloop.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()

    async def main() -> None:
        await server.start(sockets)
        ready.set()
        await stop.wait()
        for session in server.sessions.all():
            session.abort()
        await asyncio.sleep(0.02)
        await server.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield {name: many[0].getsockname()[:2] for name, many in sockets.items()}
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()
