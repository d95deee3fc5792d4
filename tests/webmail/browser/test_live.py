"""New mail appears by itself."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvloop
from playwright.sync_api import expect

from mailcore.accounts import directory
from mailcore.accounts.models import Account
from mailcore.bus.publish import announce_mailbox
from mailcore.conf.deployment import deployment
from mailcore.eventsd.server import Server
from mailcore.server import listener
from tests.support import mail
from tests.support.browser import Visitor
from tests.support.valkey import Valkey

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "queue"], transaction=True),
]


@pytest.fixture
def events(settings: Any, bus: Valkey, fresh_process: None, ada: Account) -> Iterator[None]:
    """An event stream on a port of its own, which the pages are told."""
    sockets = listener.listen("127.0.0.1", 0)
    settings.COURIER_PORTS = {**settings.COURIER_PORTS, "events": sockets[0].getsockname()[1]}
    deployment.cache_clear()
    directory.account(ada.address)
    server = Server()
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start({"events": sockets}), loop).result(10)
    yield
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def test_new_mail_appears_by_itself(
    events: None, visit: Callable[..., Visitor], ada: Account
) -> None:
    visitor = visit()
    page = visitor.page
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    navigation = page.locator("nav").count()
    mail.put(ada)
    value = directory.account(ada.address)
    assert value is not None
    announce_mailbox(value.maildir)
    expect(page.locator("#rows")).to_contain_text("Final proofs")
    expect(page).to_have_title("(1) Inbox · Courier")
    assert page.locator("#list").count() == 1
    assert page.locator("nav").count() == navigation  # the list alone was replaced
    assert visitor.complaints == []


def test_an_open_message_stays_open_when_new_mail_appears(
    events: None, visit: Callable[..., Visitor], ada: Account
) -> None:
    mail.put(ada)
    page = visit().page
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    page.click("#rows >> text=Final proofs")
    expect(page.locator(".subject-line")).to_have_text("Final proofs")
    mail.put(ada, b"Subject: Second\r\n\r\nx\r\n")
    value = directory.account(ada.address)
    assert value is not None
    announce_mailbox(value.maildir)
    expect(page.locator("#rows > .row")).to_have_count(2)
    expect(page.locator(".subject-line")).to_have_text("Final proofs")
    expect(page.locator("#rows > .row.open")).to_contain_text("Final proofs")
    assert page.locator("#list").count() == 1


def test_rows_stay_where_they_are_under_a_selection(
    events: None, visit: Callable[..., Visitor], ada: Account
) -> None:
    mail.put(ada)
    page = visit().page
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    page.locator("#rows [name=uid]").check(force=True)
    mail.put(ada, b"Subject: Second\r\n\r\nx\r\n")
    value = directory.account(ada.address)
    assert value is not None
    announce_mailbox(value.maildir)
    page.wait_for_timeout(800)
    assert page.locator("#rows > .row").count() == 1
    page.locator("#rows [name=uid]").uncheck(force=True)
    expect(page.locator("#rows > .row")).to_have_count(2)
