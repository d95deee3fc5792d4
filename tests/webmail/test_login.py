"""Signing in and out, and what every page's headers promise."""

import pytest
from django.test import Client

from tests.support.people import PASSWORD, person

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_the_door_shows_a_form() -> None:
    page = Client().get("/login")
    assert page.status_code == 200
    assert b'autocomplete="current-password"' in page.content


def test_the_right_password_opens_the_door() -> None:
    person()
    answer = Client().post("/login", {"username": "ADA@example.com", "password": PASSWORD})
    assert answer.status_code == 302
    assert answer["Location"] == "/"


def test_a_wrong_password_and_an_unknown_name_sound_the_same() -> None:
    person()
    client = Client()
    wrong = client.post("/login", {"username": "ada@example.com", "password": "no"})
    unknown = client.post("/login", {"username": "eve@example.com", "password": "no"})
    assert wrong.status_code == unknown.status_code == 200
    assert wrong.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()


def test_signing_in_gives_a_new_session_key() -> None:
    person()
    client = Client()
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key
    client.post("/login", {"username": "ada@example.com", "password": PASSWORD})
    assert client.session.session_key != before


def test_no_open_redirect_after_signing_in() -> None:
    person()
    answer = Client().post(
        "/login",
        {"username": "ada@example.com", "password": PASSWORD, "next": "https://evil.example/"},
    )
    assert answer["Location"] == "/"


def test_signing_out_needs_a_post() -> None:
    client = Client()
    client.force_login(person())
    assert client.get("/logout").status_code == 405
    assert client.post("/logout")["Location"] == "/login"
    assert client.get("/preferences").status_code == 302


def test_signing_in_without_the_csrf_token_is_refused() -> None:
    answer = Client(enforce_csrf_checks=True).post("/login", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert b"stale" in answer.content


def test_pages_forbid_inline_script_and_style() -> None:
    policy = Client().get("/login")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_missing_page_is_drawn() -> None:
    page = Client().get("/nowhere")
    assert page.status_code == 404
    assert b"Nothing in this box" in page.content
