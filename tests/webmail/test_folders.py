"""The folder page: list, paging, search, fragments."""

import pytest
from django.test import Client

from mailcore.accounts.models import Account
from tests.support import mail
from tests.support.people import person

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def message(number: int) -> bytes:
    return (
        f"From: Sender {number} <s{number}@x.example>\r\nSubject: Number {number}\r\n\r\nText {number}\r\n"
    ).encode()


def test_a_stranger_is_sent_to_the_door() -> None:
    for address in ("/mail/", "/mail/INBOX/", "/mail/INBOX/1", "/mail/compose", "/mail/ticket"):
        assert Client().get(address)["Location"].startswith("/login")


def test_a_new_account_has_its_standard_folders(browser_of_ada: Client) -> None:
    page = browser_of_ada.get("/mail/INBOX/").content.decode()
    for label in ("Inbox", "Drafts", "Sent", "Archive", "Spam", "Trash"):
        assert label in page
    assert "Nothing here yet" in page


def test_messages_are_listed_newest_first_with_unread_in_the_title(
    ada: Account, browser_of_ada: Client
) -> None:
    for number in range(3):
        mail.put(ada, message(number), at=1_800_000_000 + number)
    page = browser_of_ada.get("/mail/INBOX/").content.decode()
    assert page.index("Number 2") < page.index("Number 1") < page.index("Number 0")
    assert "<title>(3) Inbox" in page


def test_a_folder_that_is_not_there_is_not_found(browser_of_ada: Client) -> None:
    for name in ("INBOX.Nothing", "INBOX..", "INBOX.%2e%2e", "INBOX.a%00b"):
        assert browser_of_ada.get(f"/mail/{name}/").status_code == 404


def test_pages_are_turned_by_position_and_lose_nothing(
    ada: Account, browser_of_ada: Client
) -> None:
    for number in range(120):
        mail.put(ada, message(number), at=1_800_000_000 + number // 7)
    seen: list[str] = []
    address: str | None = "/mail/INBOX/"
    while address:
        answer = browser_of_ada.get(address)
        listed = answer.context["listed"]
        seen += [row.subject for row in listed.rows]
        address = f"/mail/INBOX/{listed.older}" if listed.older else None
    assert len(seen) == len(set(seen)) == 120


def test_only_unread_messages_on_request(ada: Account, browser_of_ada: Client) -> None:
    mail.put(ada, message(1), ["\\Seen"])
    mail.put(ada, message(2))
    page = browser_of_ada.get("/mail/INBOX/?unread=1").content.decode()
    assert "Number 2" in page
    assert "Number 1" not in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("proofs", 1),
        ("from:noor", 1),
        ("from:nobody", 0),
        ("subject:final to:tom", 1),
        ("to:cleo", 1),
        ("-from:noor", 1),
        ("is:unread", 2),
        ("is:starred OR from:noor", 1),
        ("before:2020-01-01", 0),
        ("after:2020-01-01", 2),
        ("has:attachment", 0),
        ('"Hi Ada"', 1),
        ("larger:10M", 0),
        ("from:", 2),
        ("((((", 0),
    ],
)
def test_the_search_language_finds(
    ada: Account, browser_of_ada: Client, asked: str, found: int
) -> None:
    mail.put(ada)
    mail.put(ada, message(9))
    listed = browser_of_ada.get("/mail/INBOX/", {"q": asked}).context["listed"]
    if asked == "from:":
        assert listed.found in (0, 2)
    else:
        assert listed.found == found


def test_htmx_gets_the_part_it_wants(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada)
    reader = browser_of_ada.get(
        f"/mail/INBOX/{uid}", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="article#reader"
    ).content.decode()
    assert "<html" not in reader
    assert 'id="rows"' not in reader
    assert "Final proofs" in reader
    part = browser_of_ada.get(
        "/mail/INBOX/", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="section#list"
    ).content.decode()
    assert 'id="rows"' in part
    assert "<html" not in part


def test_nobody_sees_another_ones_mail(ada: Account, browser_of_ada: Client) -> None:
    mail.put(ada)
    client = Client()
    client.force_login(person("ben@example.com"))
    assert b"Final proofs" not in client.get("/mail/INBOX/").content
    assert client.get("/mail/INBOX/1").status_code == 404
    assert client.get("/mail/INBOX/1/part/0").status_code == 404


def test_the_shortcut_to_a_special_folder(browser_of_ada: Client) -> None:
    assert browser_of_ada.get("/mail/?to=sent")["Location"] == "/mail/INBOX.Sent/"
    assert browser_of_ada.get("/mail/")["Location"] == "/mail/INBOX/"


def test_the_ticket_names_the_account(browser_of_ada: Client) -> None:
    import time

    from mailcore.conf.deployment import deployment
    from mailcore.eventsd import token

    ticket = browser_of_ada.get("/mail/ticket").content.decode()
    assert token.read(ticket, deployment().secret, time.time()) == "ada@example.com"
