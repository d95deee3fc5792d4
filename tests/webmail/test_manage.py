"""Folders: made, renamed, deleted."""

import pytest
from django.test import Client

from mailcore.accounts.models import Account
from tests.support import mail

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def names(account: Account) -> set[str]:
    with mail.store_of(account) as store:
        return set(store.names())


def test_a_folder_is_made_renamed_and_deleted(ada: Account, browser_of_ada: Client) -> None:
    browser_of_ada.post("/mail/folders", {"do": "create", "name": "Büro", "parent": "INBOX"})
    assert "INBOX.Büro" in names(ada)
    browser_of_ada.post("/mail/folders", {"do": "rename", "folder": "INBOX.Büro", "name": "Office"})
    assert "INBOX.Office" in names(ada)
    browser_of_ada.post(
        "/mail/folders", {"do": "delete", "folder": "INBOX.Office", "typed": "wrong"}
    )
    assert "INBOX.Office" in names(ada)
    browser_of_ada.post(
        "/mail/folders", {"do": "delete", "folder": "INBOX.Office", "typed": "Office"}
    )
    assert "INBOX.Office" not in names(ada)


@pytest.mark.parametrize("name", ["", "a.b", "../x", "a/b", "x\ny", "." * 3])
def test_names_that_are_none_are_refused(ada: Account, browser_of_ada: Client, name: str) -> None:
    before = names(ada)
    browser_of_ada.post("/mail/folders", {"do": "create", "name": name, "parent": "INBOX"})
    assert names(ada) == before


def test_standard_folders_stay(ada: Account, browser_of_ada: Client) -> None:
    for name in ("INBOX", "INBOX.Sent", "INBOX.Trash"):
        browser_of_ada.post("/mail/folders", {"do": "delete", "folder": name, "typed": "Sent"})
        browser_of_ada.post("/mail/folders", {"do": "rename", "folder": name, "name": "Other"})
    assert names(ada) >= {"INBOX", "INBOX.Sent", "INBOX.Trash"}


def test_the_page_lists_own_folders(ada: Account, browser_of_ada: Client) -> None:
    browser_of_ada.post("/mail/folders", {"do": "create", "name": "Projects"})
    assert b"Projects" in browser_of_ada.get("/mail/folders").content
