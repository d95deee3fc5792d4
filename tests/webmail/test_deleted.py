"""Recently deleted: the owner sees and restores what was deleted for good."""

import pytest
from django.test import Client

from mailcore.accounts.models import Account
from mailcore.conf import current
from mailcore.conf import store as settings_store
from tests.support import mail
from tests.support.people import person

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def delete_for_good(browser: Client, uid: int) -> None:
    browser.post("/mail/INBOX.Trash/act", {"do": f"trash:{uid}"})


@pytest.fixture
def deleted(ada: Account, browser_of_ada: Client) -> Client:
    for at in range(3):
        mail.put(ada, mail.PLAIN.replace(b"Final", b"Proof %d" % at), folder="INBOX.Trash")
    for uid in (1, 2, 3):
        delete_for_good(browser_of_ada, uid)
    assert mail.uids(ada, "INBOX.Trash") == []
    return browser_of_ada


def ids(browser: Client) -> list[str]:
    rows = browser.get("/mail/deleted").context["rows"]
    return [one.kept.id for one, _ in rows]


def test_the_list_shows_sender_subject_and_folder(deleted: Client) -> None:
    shown = deleted.get("/mail/deleted").content.decode()
    assert "Proof 2 proofs" in shown
    assert "Noor Haddad &lt;noor@studio.example&gt;" in shown
    assert "Trash" in shown


def test_one_is_restored_by_its_button(ada: Account, deleted: Client) -> None:
    newest, *_ = ids(deleted)
    answer = deleted.post("/mail/deleted", {"do": f"restore:{newest}"}, follow=True)
    assert "Message restored." in answer.content.decode()
    [uid] = mail.uids(ada, "INBOX.Trash")
    assert b"Proof 2" in mail.read(ada, uid, "INBOX.Trash")


def test_many_are_restored_at_once(ada: Account, deleted: Client) -> None:
    answer = deleted.post("/mail/deleted", {"do": "restore", "id": ids(deleted)[:2]}, follow=True)
    assert "2 messages restored." in answer.content.decode()
    assert len(mail.uids(ada, "INBOX.Trash")) == 2
    assert len(ids(deleted)) == 1


@pytest.mark.parametrize(
    "form", [{}, {"do": "restore"}, {"do": "restore:../../etc/passwd"}, {"do": "purge", "id": "x"}]
)
def test_what_names_nothing_restores_nothing(
    ada: Account, deleted: Client, form: dict[str, str]
) -> None:
    deleted.post("/mail/deleted", form)
    assert mail.uids(ada, "INBOX.Trash") == []
    assert len(ids(deleted)) == 3


def test_nobody_restores_others_mail(deleted: Client) -> None:
    wanted = ids(deleted)
    ben = person("ben@example.com")
    browser = Client()
    browser.force_login(ben)
    browser.post("/mail/deleted", {"do": "restore", "id": wanted})
    assert len(ids(deleted)) == 3
    assert ids(browser) == []


def test_older_ones_are_on_the_next_page(ada: Account, browser_of_ada: Client) -> None:
    settings_store.save("webmail", {"page_size": 10}, by="test")
    current.refresh()
    for _ in range(11):
        delete_for_good(browser_of_ada, mail.put(ada, folder="INBOX.Trash"))
    first = browser_of_ada.get("/mail/deleted")
    assert "?page=2" in first.content.decode()
    assert len(first.context["rows"]) == 10
    assert len(browser_of_ada.get("/mail/deleted?page=2").context["rows"]) == 1


def test_it_says_so_when_nothing_is_kept(ada: Account, browser_of_ada: Client) -> None:
    settings_store.save("mailboxes", {"undelete_days": 0}, by="test")
    current.refresh()
    mail.put(ada, folder="INBOX.Trash")
    delete_for_good(browser_of_ada, 1)
    assert "keeps nothing" in browser_of_ada.get("/mail/deleted").content.decode()


def test_replaced_drafts_do_not_wait_here(ada: Account, browser_of_ada: Client) -> None:
    form = {"to": "", "subject": "Half a thought", "body": "Once", "do": "save"}
    browser_of_ada.post("/mail/compose", form)
    [draft] = mail.uids(ada, "INBOX.Drafts")
    browser_of_ada.post("/mail/compose", {**form, "draft": draft, "body": "Twice"})
    assert mail.uids(ada, "INBOX.Drafts") != [draft]
    assert ids(browser_of_ada) == []


def test_strangers_are_shown_the_door() -> None:
    assert Client().get("/mail/deleted").status_code == 302
