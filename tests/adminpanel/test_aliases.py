"""Aliases."""

import pytest
from django.test import Client

from mailcore.accounts.models import Alias

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_an_alias_is_added_changed_and_removed(admin: Client) -> None:
    given = {"address": "sales@example.com", "targets": "ada@example.com\nben@other.net"}
    assert admin.post("/admin/aliases/add", given).status_code == 302
    assert Alias.objects.get().targets == ["ada@example.com", "ben@other.net"]
    admin.post("/admin/aliases/sales@example.com", {"targets": "ada@example.com"})
    assert Alias.objects.get().targets == ["ada@example.com"]
    admin.post("/admin/aliases/sales@example.com/remove")
    assert not Alias.objects.exists()


def test_a_catch_all_is_an_alias(admin: Client) -> None:
    given = {"address": "@example.com", "targets": "ada@example.com"}
    admin.post("/admin/aliases/add", given)
    assert admin.get("/admin/aliases/@example.com").status_code == 200


@pytest.mark.parametrize("targets", ["", "not an address", "a@b.example\r\nBcc: x"])
def test_targets_that_are_none_are_refused(admin: Client, targets: str) -> None:
    given = {"address": "sales@example.com", "targets": targets}
    assert admin.post("/admin/aliases/add", given).status_code == 200
    assert not Alias.objects.exists()
