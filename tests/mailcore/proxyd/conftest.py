"""The proxy on free ports, before two nodes of ours that know nothing of each other."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from mailcore.accounts import administration
from mailcore.conf import current, store
from mailcore.conf.deployment import deployment
from mailcore.proxyd import server
from mailcore.server.shutdown import Listening, Sessions
from mailcore.server.tls import server_context
from tests.support.certificate import make_certificate
from tests.support.node import NodeProcess
from tests.support.running import running

ALICE, BOB = "alice@example.com", "bob@example.com"
PASSWORDS = {ALICE: "wonderland", BOB: "builder99"}

Addresses = dict[str, tuple[str, int]]
Proxy = Callable[..., AbstractContextManager[Addresses]]


@pytest.fixture(scope="session")
def alpha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """The node that has Alice's mail; it takes the proxy's word on the clients' addresses."""
    node = NodeProcess(
        tmp_path_factory.mktemp("alpha"),
        "alpha",
        {**PASSWORDS, "boss@example.com": "masterkey"},
        {"auth.proxy_from": "127.0.0.1", "auth.masters": "boss@example.com"},
    )
    node.start()
    yield node
    node.kill()


@pytest.fixture(scope="session")
def beta(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """The node that has Bob's mail."""
    node = NodeProcess(tmp_path_factory.mktemp("beta"), "beta", {BOB: PASSWORDS[BOB]})
    node.start()
    yield node
    node.kill()


@pytest.fixture
def accounts(transactional_db: object, bus: object) -> None:
    """Alice is on alpha, Bob on beta."""
    administration.add_domain("example.com", by="test")
    for name, password in PASSWORDS.items():
        administration.add_account(name, password, by="test")
    administration.set_account(ALICE, by="test", node="alpha")
    administration.set_account(BOB, by="test", node="beta")
    current.refresh()


@pytest.fixture
def proxy(accounts: None, tmp_path: Path) -> Proxy:
    """`with proxy(nodes=[…], verify=False) as addresses`: the proxy with these settings."""
    certificate, key = make_certificate(tmp_path)

    async def start(
        sockets: Mapping[str, list[socket.socket]],
    ) -> tuple[list[Listening], Sessions]:
        service = server.service_for(deployment())
        service.tls = server_context(certificate, key)
        await service.backends.probe(current.snapshot().proxy)
        servers: list[Listening] = [
            await server.start(service, opened[0], name) for name, opened in sockets.items()
        ]
        return servers, service.sessions

    @contextmanager
    def make(*, nodes: list[str], **settings: object) -> Iterator[Addresses]:
        settings.setdefault("default_node", nodes[0].split()[0])
        store.save("proxy", {"nodes": tuple(nodes), **settings}, by="test")
        current.refresh()
        with running(list(server.NAMES), start) as addresses:
            yield addresses

    return make


@pytest.fixture
def both(proxy: Proxy, alpha: NodeProcess, beta: NodeProcess) -> Iterator[Addresses]:
    """The proxy before both nodes."""
    with proxy(nodes=[alpha.line(), beta.line()]) as addresses:
        yield addresses
