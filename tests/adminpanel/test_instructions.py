"""The page of an account's delivery instructions."""

import pytest
from django.test import Client

from tests.support.homes import account, order, people

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
PAGE = "/admin/people/bob@example.test/instructions"


@pytest.fixture(autouse=True)
def _people() -> None:
    people("bob")


def test_a_file_is_made_shown_explained_and_removed(admin: Client) -> None:
    given = {"extension": "shop", "text": "./Maildir/.Shop\r\n|cat"}
    answer = admin.post(PAGE, given)
    assert answer["Location"] == f"{PAGE}?extension=shop"
    file = account().home / ".courier-shop"
    assert file.read_bytes() == b"./Maildir/.Shop\n|cat\n"
    shown = admin.get(answer["Location"]).content.decode()
    assert "put into the folder INBOX.Shop" in shown
    assert "local.programs is off: mail will wait." in shown
    assert "|cat" in shown
    admin.post(PAGE, {"extension": "shop", "remove": "yes"})
    assert not file.exists()


def test_what_is_wrong_is_said_with_its_line_and_nothing_changes(admin: Client) -> None:
    file = order("./before\n")
    answer = admin.post(PAGE, {"extension": "", "text": "./ok\n/etc/passwd"})
    assert answer.status_code == 200
    assert "line 2" in answer.content.decode()
    assert file.read_bytes() == b"./before\n"


def test_every_file_is_listed_and_one_that_cant_be_used_says_why(admin: Client) -> None:
    order("./box\n").chmod(0o602)
    order("<script>@x.test\n", "v1:2")
    shown = admin.get(PAGE).content.decode()
    assert "can be written by anybody" in shown
    assert "?extension=v1.2" in shown
    shown = admin.get(f"{PAGE}?extension=v1.2").content.decode()
    assert "line 1" in shown
    assert "<script>@" not in shown


def test_nobody_has_no_page(admin: Client) -> None:
    assert admin.get("/admin/people/nobody@example.test/instructions").status_code == 404
    assert "Where it goes" in admin.get("/admin/people/bob@example.test").content.decode()
