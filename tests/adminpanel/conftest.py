"""What every test here begins with."""

import pytest
from django.test import Client

from tests.support.fresh import forget_everything
from tests.support.people import person


@pytest.fixture(autouse=True)
def fresh_process() -> None:
    """Settings and directory are read anew in each test."""
    forget_everything()


@pytest.fixture
def admin(db: None) -> Client:
    """A signed-in administrator, ada@example.com."""
    client = Client()
    client.force_login(person(superuser=True, name="Ada Marsh"))
    return client


@pytest.fixture
def ben(db: None) -> Client:
    """A signed-in person without rights, ben@example.com."""
    client = Client()
    client.force_login(person("ben@example.com"))
    return client
