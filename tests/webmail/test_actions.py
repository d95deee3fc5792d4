"""Sorting out: flags, moves, deletion, undo."""

import pytest
from django.test import Client

from mailcore.accounts.models import Account
from tests.support import mail
from tests.support.people import person
from webmail import undoing

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def act(client: Client, do: str, *uids: int, folder: str = "INBOX", **more: str) -> list[str]:
    """Post the form; the notices of the next page."""
    answer = client.post(f"/mail/{folder}/act", {"do": do, "uid": uids, **more}, follow=True)
    assert answer.status_code == 200
    return [message.extra_tags for message in answer.context["messages"]]


@pytest.mark.parametrize(
    ("do", "target"),
    [("archive", "INBOX.Archive"), ("junk", "INBOX.Junk"), ("trash", "INBOX.Trash")],
)
def test_messages_move_and_come_back(
    ada: Account, browser_of_ada: Client, do: str, target: str
) -> None:
    uids = [mail.put(ada), mail.put(ada)]
    (token,) = act(browser_of_ada, do, *uids)
    assert mail.uids(ada) == []
    assert len(mail.uids(ada, target)) == 2
    browser_of_ada.post("/mail/undo", {"token": token})
    assert len(mail.uids(ada)) == 2
    assert mail.uids(ada, target) == []


def test_one_row_has_its_own_buttons(ada: Account, browser_of_ada: Client) -> None:
    first, second = mail.put(ada), mail.put(ada)
    act(browser_of_ada, f"archive:{first}", second)
    assert mail.uids(ada) == [second]


def test_stars_and_read_state(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada)
    act(browser_of_ada, "star", uid)
    act(browser_of_ada, "read", uid)
    assert mail.flags(ada, uid) >= {"\\Flagged", "\\Seen"}
    act(browser_of_ada, "unstar", uid)
    act(browser_of_ada, "unread", uid)
    assert not mail.flags(ada, uid) & {"\\Flagged", "\\Seen"}


def test_moving_needs_a_folder_that_is_there(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada)
    act(browser_of_ada, "", uid, target="INBOX.Nowhere")
    assert mail.uids(ada) == [uid]
    act(browser_of_ada, "", uid, target="INBOX.Archive")
    assert mail.uids(ada) == []


def test_deleting_in_the_trash_is_for_good(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada, folder="INBOX.Trash")
    assert act(browser_of_ada, "trash", uid, folder="INBOX.Trash") == [""]
    assert mail.uids(ada, "INBOX.Trash") == []


def test_the_trash_can_be_emptied(ada: Account, browser_of_ada: Client) -> None:
    for _ in range(3):
        mail.put(ada, folder="INBOX.Trash")
    act(browser_of_ada, "empty", folder="INBOX.Trash")
    assert mail.uids(ada, "INBOX.Trash") == []


@pytest.mark.parametrize("do", ["", "explode", "archive:x", "a" * 500, "archive:99999999999999"])
def test_nonsense_does_nothing(ada: Account, browser_of_ada: Client, do: str) -> None:
    uid = mail.put(ada)
    act(browser_of_ada, do, uid)
    assert mail.uids(ada) == [uid]


def test_nothing_selected_says_so(ada: Account, browser_of_ada: Client) -> None:
    answer = browser_of_ada.post("/mail/INBOX/act", {"do": "archive"}, follow=True)
    assert "Nothing is selected" in answer.content.decode()


def test_an_undo_note_is_good_for_its_owner_only(ada: Account) -> None:
    uid = mail.put(ada, folder="INBOX.Trash")
    note = undoing.token(undoing.Reversal(ada.pk, "INBOX.Trash", (uid,), target="INBOX"))
    ben = Client()
    ben.force_login(person("ben@example.com"))
    ben.post("/mail/undo", {"token": note})
    assert mail.uids(ada, "INBOX.Trash") == [uid]
    assert undoing.read(note + "x", ada.pk) is None


def test_htmx_gets_all_panes_and_the_new_address(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada)
    answer = browser_of_ada.post(
        "/mail/INBOX/act",
        {"do": "archive", "uid": uid, "open": uid},
        HTTP_HX_REQUEST="true",
        HTTP_HX_TARGET="div#panes",
    )
    assert answer["HX-Push-Url"] == "/mail/INBOX/"
    page = answer.content.decode()
    assert 'id="panes"' in page
    assert "Message archived." in page


def test_getting_changes_nothing(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada)
    assert browser_of_ada.get("/mail/INBOX/act", {"do": "trash", "uid": uid}).status_code == 405
    assert browser_of_ada.get("/mail/undo").status_code == 405


def test_changes_need_the_csrf_token(ada: Account) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    for address in ("/mail/INBOX/act", "/mail/undo", "/mail/compose", "/mail/folders"):
        assert client.post(address).status_code == 403
