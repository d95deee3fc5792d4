"""Settings: preview, apply, undo."""

import pytest
from django.test import Client

from mailcore.accounts.models import Alias, Domain
from mailcore.conf import store
from mailcore.conf import values as grammar
from mailcore.conf.schema.registry import SETTINGS
from mailcore.migration import whole

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def filled(section: str, **new: str) -> dict[str, str]:
    """What a browser sends for a section's form with some fields changed."""
    sent = {}
    for name, value in store.values(section).items():
        text = grammar.show(SETTINGS[section][name], value)
        if SETTINGS[section][name].type is not bool or value:
            sent[name] = text
    return {**sent, **new}


@pytest.mark.parametrize("section", SETTINGS)
def test_every_section_has_its_page(admin: Client, section: str) -> None:
    page = admin.get(f"/admin/settings/{section}").content.decode()
    for setting in SETTINGS[section].values():
        assert setting.path in page


@pytest.mark.parametrize("section", SETTINGS)
def test_saving_what_is_shown_changes_nothing(admin: Client, section: str) -> None:
    answer = admin.post(f"/admin/settings/{section}", {**filled(section), "apply": "1"})
    assert answer.status_code == 302
    assert store.history() == [] or store.history()[0].summary != f"Change {section} settings"


def test_changes_are_shown_before_they_are_made(admin: Client) -> None:
    page = admin.post("/admin/settings/auth", filled("auth", failure_window="30m"))
    assert b"<del>15m</del>" in page.content
    assert b"<ins>30m</ins>" in page.content
    assert store.values("auth")["failure_window"] == 900


def test_applied_changes_are_in_the_history_and_can_be_undone(admin: Client) -> None:
    admin.post("/admin/settings/auth", filled("auth", failure_window="30m", apply="1"))
    assert store.values("auth")["failure_window"] == 1800
    newest = store.history()[0]
    assert b"auth.failure_window" in admin.get("/admin/history").content
    admin.post(f"/admin/history/{newest.id}/undo")
    assert store.values("auth")["failure_window"] == 900


def test_a_value_out_of_bounds_is_refused_with_its_bound(admin: Client) -> None:
    page = admin.post("/admin/settings/webmail", filled("webmail", page_size="7", apply="1"))
    assert b"at least 10" in page.content
    assert store.values("webmail")["page_size"] == 50


def test_an_unknown_section_is_not_found(admin: Client) -> None:
    assert admin.get("/admin/settings/nothing").status_code == 404


def test_domains_and_aliases_of_one_change_set_are_shown_and_undone(admin: Client) -> None:
    aliases = {f"list{n}@new.test": ["ada@example.com"] for n in range(120)}
    document = {"format": 1, "aliases": aliases} | {
        "domains": {
            name: {} for name in (*Domain.objects.values_list("name", flat=True), "new.test")
        }
    }
    applied = whole.apply(document, summary="Apply conf.toml", by="test")
    page = admin.get("/admin/history").content.decode()
    assert "domain.new.test" in page
    assert "<del>none</del>" in page
    assert "and 21 more" in page
    admin.post(f"/admin/history/{applied.change_set}/undo")
    assert not Domain.objects.filter(name="new.test").exists()
    assert not Alias.objects.filter(address="list7@new.test").exists()
