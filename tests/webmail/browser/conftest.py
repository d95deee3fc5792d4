"""A browser for this directory's tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from mailcore.accounts.models import Account
from tests.support.browser import DESKTOP, Visitor, chromium
from tests.support.people import PASSWORD, person


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module's tests."""
    with chromium() as started:
        yield started


@pytest.fixture
def ada(transactional_db: None, fresh_process: None) -> Account:
    """The account ada@example.com; Ben is there to write to."""
    person("ben@example.com", name="Ben Ostrom")
    return person(superuser=True, name="Ada Marsh")


@pytest.fixture
def visit(browser: Browser, live_server: Any, ada: Account) -> Iterator[Callable[..., Visitor]]:
    """`visit(**options of a browser context)`: Ada, signed in."""
    contexts = []

    def make(**options: Any) -> Visitor:
        options.setdefault("viewport", DESKTOP)
        context = browser.new_context(timezone_id="Europe/Berlin", **options)
        context.set_default_timeout(8000)
        contexts.append(context)
        visitor = Visitor(context.new_page(), live_server.url)
        visitor.watch()
        visitor.sign_in("ada@example.com", PASSWORD)
        return visitor

    yield make
    for context in contexts:
        context.close()
