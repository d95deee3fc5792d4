"""Sharing a folder from its page, and opening what others share."""

import re
from urllib.parse import quote

import pytest
from django.test import Client

from mailcore.accounts.models import Account
from mailcore.conf import current
from mailcore.conf import store as settings_store
from mailcore.mailbox import access
from mailcore.mailbox.access import Change
from mailcore.maildir import acl
from tests.support import mail
from tests.support.people import person

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

SHARE = "/mail/folders/share?folder=INBOX.Team"
TEAM = "/mail/" + quote("#shared.ada@example com.Team", safe="@") + "/"
SECRET = "/mail/" + quote("#shared.ada@example com.Secret", safe="@") + "/"


@pytest.fixture
def noor(ada: Account) -> Account:
    """A colleague of Ada's."""
    return person("noor@example.com", name="Noor")


@pytest.fixture
def browser_of_noor(noor: Account) -> Client:
    client = Client()
    client.force_login(noor)
    return client


@pytest.fixture
def team(ada: Account) -> Account:
    """Ada with two folders, one of which she will share; a message in each."""
    with mail.store_of(ada) as store:
        for name in ("INBOX.Team", "INBOX.Secret"):
            store.create(name)
            store.folder(name).append(mail.PLAIN)
    return ada


def give(owner: Account, letters: str, name: str = "INBOX.Team", to: str = "anyone") -> None:
    with mail.store_of(owner) as store:
        access.change(store, name, Change(to, frozenset(letters)), owner=owner.address)


def rights_file(owner: Account) -> str:
    with mail.store_of(owner) as store:
        entries = acl.read(store.maildir, ".Team") or {}
    return " ".join(f"{who}:{letters}" for who, letters in entries.items() if who != "owner")


def test_a_folder_is_shared_by_address_and_level_and_taken_back(
    team: Account, noor: Account, browser_of_ada: Client
) -> None:
    page = browser_of_ada.get(SHARE).content.decode()
    assert "Nobody but you." in page
    assert "everybody at example.com" in page
    given = {"do": "give", "who": "Noor@example.com", "level": "write"}
    answer = browser_of_ada.post(SHARE, given, follow=True)
    assert "noor@example.com" in answer.content.decode()
    assert "user=noor@example.com:eilrstw" in rights_file(team)
    browser_of_ada.post(SHARE, {"do": "give", "everybody": "1", "level": "read"})
    assert "anyone:lrs" in rights_file(team)
    browser_of_ada.post(SHARE, {"do": "remove:user=noor@example.com"})
    browser_of_ada.post(SHARE, {"do": "remove:anyone"})
    assert rights_file(team) == "administrators:aceilrstwx"


@pytest.mark.parametrize(
    "posted",
    [
        {"do": "give", "who": "nobody@example.com", "level": "read"},
        {"do": "give", "who": "ada@example.com", "level": "read"},
        {"do": "give", "who": "", "level": "read"},
        {"do": "give", "who": "noor@example.com", "level": "everything"},
        {"do": "remove:owner"},
        {"do": "remove:administrators"},
        {"do": "remove:two words\n"},
        {"do": ""},
    ],
)
def test_what_makes_no_sense_shares_nothing(
    team: Account, noor: Account, browser_of_ada: Client, posted: dict[str, str]
) -> None:
    browser_of_ada.post(SHARE, posted)
    assert rights_file(team) in ("", "administrators:aceilrstwx")


def test_only_own_folders_have_the_page(
    team: Account, browser_of_ada: Client, browser_of_noor: Client
) -> None:
    give(team, "lrswikxtea")
    for name in ("INBOX.Nothing", "#shared.ada@example com.Team", "../x", ""):
        assert browser_of_noor.get("/mail/folders/share", {"folder": name}).status_code == 404
    settings_store.save("imap", {"shared_folders": False}, by="test")
    current.refresh()
    assert browser_of_ada.get(SHARE).status_code == 404


def test_a_shared_folder_is_in_the_list_and_opens_read_only(
    team: Account, browser_of_noor: Client
) -> None:
    assert "Shared with you" not in browser_of_noor.get("/mail/INBOX/").content.decode()
    give(team, "lr")
    page = browser_of_noor.get("/mail/INBOX/").content.decode()
    assert "Shared with you" in page
    assert f'href="{TEAM}"' in page
    page = browser_of_noor.get(TEAM).content.decode()
    assert "Final proofs" in page
    assert "Read only" in page
    page = browser_of_noor.get(f"{TEAM}1").content.decode()
    assert "please" in page
    for verb in ("archive", "trash", "junk", "unread", "star"):
        assert not re.search(rf'name="do" value="{verb}', page), verb
    assert "\\Seen" not in mail.flags(team, 1, "INBOX.Team")


def test_reading_marks_as_read_only_where_that_is_permitted(
    team: Account, browser_of_noor: Client
) -> None:
    give(team, "lrs")
    browser_of_noor.get(f"{TEAM}1")
    assert "\\Seen" in mail.flags(team, 1, "INBOX.Team")


def test_what_is_not_permitted_is_refused_whatever_the_page_offered(
    team: Account, browser_of_noor: Client
) -> None:
    give(team, "lr")
    for verb in ("archive", "trash", "junk", "empty", "read", "unread", "star", "move"):
        posted = {"do": verb, "uid": "1", "target": "INBOX.Archive"}
        browser_of_noor.post(f"{TEAM}act", posted)
    assert mail.uids(team, "INBOX.Team") == [1]
    assert mail.flags(team, 1, "INBOX.Team") == frozenset()
    give(team, "lrsw")
    browser_of_noor.post(f"{TEAM}act", {"do": "star", "uid": "1"})
    browser_of_noor.post(f"{TEAM}act", {"do": "trash", "uid": "1"})
    assert mail.flags(team, 1, "INBOX.Team") == {"\\Flagged"}


def test_an_undo_of_flags_there_does_not_reach_a_folder_of_ones_own(
    team: Account, noor: Account, browser_of_noor: Client
) -> None:
    give(team, "lrsw")
    mail.put(team, folder="INBOX.Team")
    page = browser_of_noor.post(f"{TEAM}act", {"do": "read", "uid": ["1", "2"]}, follow=True)
    assert "marked as read" in page.content.decode()
    assert 'name="token"' not in page.content.decode()


def test_parts_of_shared_messages_are_shown_and_those_of_others_are_not(
    team: Account, browser_of_noor: Client
) -> None:
    give(team, "lr")
    for part in ("1/source", "1/original", "1/thread"):
        assert browser_of_noor.get(TEAM + part).status_code == 200
    thread = browser_of_noor.get(TEAM + "1/thread").content.decode()
    assert "Secret" not in thread
    for part in ("", "1", "1/source", "1/original", "1/thread", "1/part/1", "1/frame/1"):
        assert browser_of_noor.get(SECRET + part).status_code == 404
    assert browser_of_noor.post(SECRET + "act", {"do": "read", "uid": "1"}).status_code == 404
    assert browser_of_noor.post(SECRET + "1/trust").status_code == 404


def test_hostile_names_are_not_found(team: Account, browser_of_noor: Client) -> None:
    give(team, "lr")
    for name in (
        "#shared.ada@example com..Secret", "#shared.", "#shared..", "shared.x.y",
        "#shared.ada@example com.Team\0", "#shared.nobody@example com.Team", "#shared.ada@example com",
    ):  # fmt: skip
        assert browser_of_noor.get(f"/mail/{quote(name, safe='')}/").status_code == 404
