"""Listeners of an address, and settings of a scope."""

import pytest
from django.test import Client

from mailcore.conf import current, store
from tests.adminpanel.test_settings import filled

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

NEW = {"name": "vanity", "kind": "smtp", "places": "192.0.2.7, [2001:db8::7]:25", "certificate": ""}


def test_a_listener_is_added_and_removed(admin: Client) -> None:
    admin.post("/admin/listeners", NEW)
    assert store.values("access")["listeners"] == ("vanity smtp 192.0.2.7,[2001:db8::7]:25",)
    page = admin.get("/admin/listeners").content.decode()
    assert "2001:db8::7 port 25" in page
    admin.post("/admin/listeners/vanity/remove")
    assert store.values("access")["listeners"] == ()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"places": "example.com"}, "is no address"),
        ({"name": "smtp"}, "be a listener"),
        ({"certificate": "../key"}, "the name of a certificate"),
    ],
)
def test_a_listener_that_cannot_be_is_refused(
    admin: Client, wrong: dict[str, str], told: str
) -> None:
    page = admin.post("/admin/listeners", {**NEW, **wrong}).content.decode()
    assert told in page
    assert store.values("access")["listeners"] == ()


def test_a_listeners_settings_are_its_own(admin: Client) -> None:
    admin.post("/admin/listeners", NEW)
    current.refresh()
    scope = "listener:vanity"
    address = f"/admin/settings/general?scope={scope}"
    assert b"listener vanity" in admin.get(address).content
    admin.post(address, filled("general", me="mx.vanity.example", apply="1"))
    settings = current.refresh()
    assert settings.scoped(scope).me == "mx.vanity.example"
    assert settings.general.me == ""
    assert list(settings.overlays[scope]["general"]) == ["me"]
    admin.post(address, filled("general", me="", apply="1"))
    assert scope not in current.refresh().overlays


def test_a_scope_of_nobody_is_not_found(admin: Client) -> None:
    assert admin.get("/admin/settings/general?scope=listener:nobody").status_code == 404


def test_several_lines_have_room(admin: Client) -> None:
    """A setting of lines in a one-line field would come back as one."""
    page = admin.get("/admin/settings/access").content.decode()
    assert '<textarea name="listeners"' in page
