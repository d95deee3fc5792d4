"""The suppression list's page."""

import pytest
from django.test import Client

from mailcore.policy import suppression

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_an_address_is_listed_found_and_removed(admin: Client) -> None:
    given = {"address": "Gone@far.example", "reason": "asked us to stop"}
    assert admin.post("/admin/suppressed", given).status_code == 302
    assert b"asked us to stop" in admin.get("/admin/suppressed?q=far.ex").content
    assert b"asked us to stop" not in admin.get("/admin/suppressed?q=near").content
    admin.post("/admin/suppressed/gone@far.example/remove")
    assert suppression.listing() == []


def test_what_is_no_address_is_not_listed(admin: Client) -> None:
    page = admin.post("/admin/suppressed", {"address": "nobody"}, follow=True)
    assert b"is no mail address" in page.content
    assert suppression.listing() == []
