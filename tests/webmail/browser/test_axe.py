"""No page has a fault that axe knows, light or dark, wide or narrow."""

from collections.abc import Callable

import pytest

from mailcore.accounts.models import Account
from tests.support import mail
from tests.support.browser import DESKTOP, PHONE, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "queue"], transaction=True),
]

PAGES = [
    "/mail/INBOX/", "/mail/INBOX/1", "/mail/INBOX.Drafts/", "/mail/compose", "/mail/folders",
    "/mail/folders/share?folder=INBOX",
    "/mail/deleted",
    "/mail/INBOX/1/original", "/mail/INBOX/?q=nothing", "/preferences",
    "/calendar/", "/calendar/?view=week", "/calendar/?view=agenda", "/calendar/new",
    "/calendar/calendars", "/admin/", "/admin/domains", "/admin/domains/example.com",
    "/admin/people", "/admin/people/ada@example.com", "/admin/people/add", "/admin/aliases",
    "/admin/aliases/add", "/admin/settings/auth", "/admin/settings/webmail", "/admin/history",
    "/admin/queue", "/admin/trace", "/admin/domains/example.com/dns", "/admin/dmarc", "/nowhere",
]  # fmt: skip


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)]
)
def test_pages_are_accessible(
    visit: Callable[..., Visitor], ada: Account, scheme: str, size: dict[str, int]
) -> None:
    mail.put(ada)
    mail.put(ada, flags=["\\Flagged"])
    visitor = visit(color_scheme=scheme, viewport=size)
    visitor.goto("/calendar/new")
    visitor.page.fill("[name=summary]", "Lunch")
    visitor.page.click("text=Add event")
    found = []
    for path in PAGES:
        visitor.goto(path)
        found += [f"{path} {one}" for one in visitor.violations()]
    assert found == []


def test_the_door_is_accessible(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.page.context.clear_cookies()
    visitor.goto("/login")
    assert visitor.violations() == []
