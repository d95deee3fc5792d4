"""Short lists that processes share."""

import pytest

from mailcore.bus import recent
from tests.support.valkey import Valkey


def test_a_list_keeps_its_newest_values_in_order(bus: Valkey) -> None:
    for value in "abcd":
        found = recent.remember("key", value, 60, 3)
    assert found == ["b", "c", "d"]
    assert recent.remember("other", "x", 60, 3) == ["x"]


def test_without_valkey_a_process_remembers_for_itself(settings: pytest.FixtureRequest) -> None:
    settings.COURIER_REDIS_URL = "unix:///nowhere/valkey.sock"  # type: ignore[attr-defined]  # pytest-django's
    for value in "abcd":
        found = recent.remember("key alone", value, 60, 3)
    assert found == ["b", "c", "d"]
