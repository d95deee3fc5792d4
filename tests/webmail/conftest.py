"""What every test here begins with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mailcore.accounts.models import Account
from tests.support.fresh import forget_everything, home_at
from tests.support.people import person


@pytest.fixture(autouse=True)
def fresh_process(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Settings and directory are read anew in each test, and nobody has mail."""
    forget_everything()
    home_at(settings, tmp_path)
    yield
    forget_everything()


@pytest.fixture
def ada(db: None) -> Account:
    """The account ada@example.com."""
    return person(name="Ada Marsh")


@pytest.fixture
def browser_of_ada(ada: Account) -> Client:
    """Signed in as Ada."""
    client = Client()
    client.force_login(ada)
    return client
