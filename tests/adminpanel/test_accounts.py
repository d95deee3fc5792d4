"""People."""

import pytest
from django.test import Client

from mailcore.accounts.models import Account
from tests.support.people import person

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_a_person_is_added(admin: Client) -> None:
    given = {
        "address": "Cleo@example.com",
        "display_name": "Cleo Park",
        "password": "a long secret",
        "quota_bytes": "5G",
        "quota_messages": "",
    }
    assert admin.post("/admin/people/add", given)["Location"] == "/admin/people/cleo@example.com"
    row = Account.objects.get(address="cleo@example.com")
    assert row.quota_bytes == 5 * 1024**3
    assert not row.is_superuser


@pytest.mark.parametrize(
    "wrong", [{"address": "nobody"}, {"password": "short"}, {"quota_bytes": "much"}]
)
def test_nonsense_is_refused_and_nothing_is_added(admin: Client, wrong: dict[str, str]) -> None:
    given = {"address": "c@example.com", "password": "long enough 1", **wrong}
    assert admin.post("/admin/people/add", given).status_code == 200
    assert Account.objects.count() == 1


def test_limits_and_name_are_changed(admin: Client) -> None:
    person("ben@example.com")
    given = {"form": "data", "display_name": "Ben", "quota_bytes": "1G", "quota_messages": "7"}
    admin.post("/admin/people/ben@example.com", given)
    row = Account.objects.get(address="ben@example.com")
    assert (row.display_name, row.quota_bytes, row.quota_messages) == ("Ben", 1024**3, 7)


def test_nobody_locks_himself_out(admin: Client) -> None:
    admin.post("/admin/people/ada@example.com/switch", {"active": "no"})
    admin.post("/admin/people/ada@example.com/remove", {"typed": "ada@example.com"})
    admin.post("/admin/people/ada@example.com", {"form": "data", "display_name": "A"})
    row = Account.objects.get(address="ada@example.com")
    assert row.active
    assert row.is_superuser


def test_a_person_is_switched_off(admin: Client) -> None:
    person("ben@example.com")
    admin.post("/admin/people/ben@example.com/switch", {"active": "no"})
    assert not Account.objects.get(address="ben@example.com").active


def test_removal_needs_the_typed_address(admin: Client) -> None:
    person("ben@example.com")
    admin.post("/admin/people/ben@example.com/remove", {"typed": "ben"})
    assert Account.objects.filter(address="ben@example.com").exists()
    admin.post("/admin/people/ben@example.com/remove", {"typed": "ben@example.com"})
    assert not Account.objects.filter(address="ben@example.com").exists()


def test_a_new_password_is_set(admin: Client) -> None:
    person("ben@example.com")
    before = Account.objects.get(address="ben@example.com").password
    admin.post("/admin/people/ben@example.com", {"form": "password", "password": "brand new 77"})
    assert Account.objects.get(address="ben@example.com").password != before


def test_the_table_turns_pages(admin: Client) -> None:
    domain = Account.objects.get().domain
    Account.objects.bulk_create(
        Account(address=f"p{n:03}@example.com", domain=domain, maildir=f"x/{n}", password="!")
        for n in range(120)
    )
    second = admin.get("/admin/people?q=p&page=2").content.decode()
    assert "51–100 of 121" in second or "51–100 of 120" in second
    assert "page=3" in second
    assert "q=p" in second
    assert admin.get("/admin/people?page=x").status_code == 200
    assert admin.get("/admin/people?page=99999999999").status_code == 200
