"""What `manage.py alias check` finds."""

import pytest

from mailcore.accounts import directory
from mailcore.accounts.models import Account, Alias, Domain
from mailcore.routing import alias_check

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


@pytest.fixture(autouse=True)
def ours() -> Domain:
    domain = Domain.objects.create(name="example.test")
    Account.objects.create(
        address="bob@example.test", domain=domain, password="x", maildir="example.test/bob"
    )
    directory.forget()
    return domain


def faults() -> dict[str, str]:
    return {each.address: each.problem for each in alias_check.check()}


def make(address: str, *targets: str) -> None:
    Alias.objects.create(address=address, domain=Domain.objects.get(), targets=list(targets))


def test_aliases_that_lead_somewhere_have_no_fault() -> None:
    make("all@example.test", "bob", "far@elsewhere.test", "team@example.test")
    make("team@example.test", "bob@example.test")
    make("bob@example.test", "bob@example.test", "backup@elsewhere.test")
    assert faults() == {}


def test_dangling_targets_and_circles_are_found() -> None:
    make("gone@example.test", "nobody@example.test")
    make("a@example.test", "b@example.test")
    make("b@example.test", "a@example.test")
    make("odd@example.test", "bob", "not an address")
    found = faults()
    assert "nobody@example.test takes no mail" in found["gone@example.test"]
    assert (
        found["a@example.test"].startswith("leads back to itself: a@example.test → b@example.test")
        or "takes no mail" in found["a@example.test"]
    )
    assert found["odd@example.test"] == "not an address is no address"
    assert set(found) == {"gone@example.test", "a@example.test", "b@example.test",
                          "odd@example.test"}  # fmt: skip
