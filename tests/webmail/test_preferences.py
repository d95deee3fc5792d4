"""The preferences page."""

import pytest
from django.test import Client

from tests.support.fresh import forget_everything
from tests.support.people import PASSWORD, person
from webmail.models import Preferences

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture
def ada() -> Client:
    client = Client()
    client.force_login(person())
    return client


def test_a_stranger_is_sent_to_the_door() -> None:
    assert Client().get("/preferences")["Location"].startswith("/login")


def test_the_page_shows_both_forms(ada: Client) -> None:
    page = ada.get("/preferences").content
    assert b"Save preferences" in page
    assert b"Change password" in page


def test_the_theme_is_on_the_next_page(ada: Client) -> None:
    ada.post("/preferences", {"form": "look", "theme": "dark", "zone": "Europe/Berlin"})
    assert Preferences.objects.get().zone == "Europe/Berlin"
    assert b'data-theme="dark"' in ada.get("/preferences").content


def test_a_zone_that_is_none_is_refused(ada: Client) -> None:
    ada.post("/preferences", {"form": "look", "zone": "../../etc/passwd"})
    assert not Preferences.objects.exists()


def test_the_password_changes_only_with_the_old_one(ada: Client) -> None:
    page = ada.post("/preferences", {"form": "password", "old": "guess", "new": "another one 9"})
    assert b"not your current password" in page.content
    answer = ada.post("/preferences", {"form": "password", "old": PASSWORD, "new": "another one 9"})
    assert answer.status_code == 302
    assert ada.get("/preferences").status_code == 200
    forget_everything()
    assert (
        Client()
        .post("/login", {"username": "ada@example.com", "password": "another one 9"})
        .status_code
        == 302
    )


def test_a_zone_cookie_with_nonsense_does_no_harm(ada: Client) -> None:
    ada.cookies["zone"] = "/etc/passwd"
    assert ada.get("/preferences").status_code == 200
