"""A claim whose answer got lost is nobody's: its mail does not wait for the lease to end."""

import time

import pytest
from django.db.utils import OperationalError

from mailcore.accounts import administration
from mailcore.envelope import Envelope, EnvelopeRecipient, Path
from mailcore.message.trace import Origin
from mailcore.queue import leases
from mailcore.queue.claimed import Claim
from mailcore.queue.content import Content
from mailcore.queue.models import Lease, Recipient
from mailcore.submit.accept import accept
from tests.support.fresh import forget_everything

pytestmark = pytest.mark.django_db(databases=["default", "queue"], transaction=True)


@pytest.fixture(autouse=True)
def queued() -> None:
    forget_everything()
    administration.add_domain("example.com", by="test")
    administration.add_account("alice@example.com", password="wonderland", by="test")
    envelope = Envelope(Path("", ""), (EnvelopeRecipient(Path("alice", "example.com")),))
    accept(envelope, None, Content.of(b"Subject: x\r\n\r\n"), Origin("local")).result(10)


def claim() -> Claim | None:
    now = time.time()
    return leases.claim_any("local", now=now, until=now + 300, limit=10, slots=1)


def gone_away(*_: object) -> None:
    raise OperationalError("the server closed the connection unexpectedly")


def test_what_was_claimed_when_the_database_went_away_is_claimed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(leases, "_claim", gone_away)
        with pytest.raises(OperationalError):
            claim()
    assert Lease.objects.count() == 1
    again = claim()
    assert again is not None
    assert again.recipients == 1
    assert Lease.objects.get().id == again.lease


def test_the_tick_gives_it_back_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(leases, "_claim", gone_away)
        with pytest.raises(OperationalError):
            claim()
    leases.reap(time.time())
    assert not Lease.objects.exists()
    assert Recipient.objects.get().state == "queued"


def test_a_lease_that_somebody_else_holds_by_now_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(leases, "_claim", gone_away)
        with pytest.raises(OperationalError):
            claim()
    Lease.objects.update(owner="another machine 1 2")
    leases.reap(time.time())
    assert Lease.objects.count() == 1
