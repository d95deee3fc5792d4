"""Fixtures that every test may use: a Valkey, fresh caches, hypothesis profiles."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mailcore import log
from mailcore.accounts import directory
from mailcore.auth import login
from mailcore.bus.client import client
from mailcore.conf import current
from mailcore.conf.deployment import deployment
from mailcore.policy import backscatter
from mailcore.transports.esmtp import calls
from tests.support.postgres import Postgres
from tests.support.valkey import Valkey

settings.register_profile(
    "default", max_examples=60, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile(
    "fuzz", max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

log.setup(json=False, level="WARNING")
current.without_watching()


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """One Valkey for the whole run; emptied before each test that asks for `bus`."""
    with tempfile.TemporaryDirectory(prefix="courier-valkey-") as directory:
        server = Valkey(Path(directory))
        server.start()
        yield server
        server.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the whole run; each user makes a database of its own in it."""
    server = Postgres()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def bus(valkey: Valkey, settings: object) -> Valkey:
    """The test's code talks to a Valkey that knows nothing yet."""
    settings.COURIER_REDIS_URL = valkey.url  # type: ignore[attr-defined]
    client().flushall()
    return valkey


@pytest.fixture(autouse=True, scope="module")
def _empty_mailboxes() -> None:
    """Each file begins without the mail of those that its process ran before."""
    for left in (deployment().mail, deployment().homes):
        shutil.rmtree(left, ignore_errors=True)


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """Each test has a database of its own, so what a process remembers must not outlive it."""
    yield
    current.forget()
    directory.forget()
    login.forget()
    backscatter.memory.forget()
    calls.hang_up()
