"""Far-away servers, started as a test wants them."""

from collections.abc import Iterator

import pytest

from tests.support.outgoing import Start, configure
from tests.support.remote import Remote


@pytest.fixture
def remote() -> Iterator[Start]:
    """Starts far-away servers; mail for far.test goes to the latest."""
    servers: list[Remote] = []

    def start(*, route: str = "far.test:[127.0.0.1],{port}", **more: object) -> Remote:
        server = Remote(**more)  # type: ignore[arg-type]
        servers.append(server)
        configure(routes=(route.format(port=server.port),))
        return server

    yield start
    for server in servers:
        server.stop()
