"""The page of accounts that may send nothing."""

import pytest
from django.test import Client

from mailcore.policy import rates
from mailcore.policy.models import Freeze
from tests.support.valkey import Valkey

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_a_frozen_account_is_shown_and_thawed(admin: Client, bus: Valkey) -> None:
    assert b"Nobody is frozen" in admin.get("/admin/frozen").content
    rates.freeze("ben@example.com", "tried to send 500 messages")
    assert b"tried to send 500 messages" in admin.get("/admin/frozen?q=ben").content
    admin.post("/admin/frozen/ben@example.com/thaw")
    assert not Freeze.objects.exists()
