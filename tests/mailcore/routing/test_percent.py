"""user%domain@ours: nobody's by default, and never for a domain that is not listed."""

import pytest

from mailcore.accounts import directory
from mailcore.accounts.models import Account, Domain
from mailcore.envelope import Path
from mailcore.routing import router
from tests.support.outgoing import configure

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


@pytest.fixture(autouse=True)
def ours() -> Domain:
    domain = Domain.objects.create(name="example.test")
    Account.objects.create(
        address="bob@example.test", domain=domain, password="x", maildir="example.test/bob"
    )
    directory.forget()
    return domain


def test_nothing_is_passed_on_by_default() -> None:
    found = router.resolve(Path.of("ann%far.test@example.test"))
    assert found.refusal is not None


def test_listed_domains_are_passed_on_and_no_others() -> None:
    configure("outgoing", percent_relay=("Far.test",))
    (there,) = router.resolve(Path.of("ann%FAR.test@example.test")).destinations
    assert (there.transport, there.host, str(there.path)) == ("esmtp", "far.test", "ann@far.test")
    for other in ("ann%evil.test@example.test", "%far.test@example.test", "ann%@example.test"):
        assert router.resolve(Path.of(other)).refusal is not None
    (kept,) = router.resolve(Path.of("ann%far.test@other.test")).destinations
    assert kept.host == "other.test"
