"""One running server for all journeys of a module; each in both ways of keeping rows."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import Postgres
from tests.support.stack import Stack, running
from tests.support.valkey import Valkey


@pytest.fixture(scope="module", params=["embedded", "production"])
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """`embedded`: SQLite and the Valkey of the supervisor.  `production`: PostgreSQL and a
    Valkey of its own, by URL."""
    environment = {}
    if request.param == "production":
        postgres: Postgres = request.getfixturevalue("postgres")
        valkey: Valkey = request.getfixturevalue("valkey")
        environment = {
            "COURIER_DATABASE_URL": postgres.create_database(),
            "COURIER_REDIS_URL": valkey.url,
        }
    with running(tmp_path_factory.mktemp("home") / "var", environment) as stack:
        yield stack
