"""What every test here begins with."""

import pytest
from django.test import Client

from mailcore.accounts.models import Account
from tests.support.fresh import forget_everything
from tests.support.people import person


@pytest.fixture(autouse=True)
def fresh_process() -> None:
    """Settings and directory are read anew in each test."""
    forget_everything()


@pytest.fixture
def ada(db: None) -> Account:
    """The account ada@example.com."""
    return person(name="Ada Marsh")


@pytest.fixture
def browser_of_ada(ada: Account) -> Client:
    """Signed in as Ada, who sits in Berlin."""
    client = Client()
    client.force_login(ada)
    client.cookies["zone"] = "Europe/Berlin"
    return client
