"""An account that was frozen hears of it, and postmaster too, once."""

import pytest

from mailcore.accounts.models import Account, Domain
from mailcore.bounce import freeze_notice
from mailcore.conf import current, store
from mailcore.policy import rates
from mailcore.policy.models import Freeze
from mailcore.queue.models import Content, Message, Recipient

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


@pytest.fixture(autouse=True)
def people() -> None:
    domain = Domain.objects.create(name="example.test")
    for name in ("bob", "head"):
        Account.objects.create(
            address=f"{name}@example.test", domain=domain, password="x", maildir=f"e/{name}"
        )
    store.save("general", {"postmaster": "head@example.test"}, by="test")
    current.refresh()


def test_account_and_postmaster_are_told_once(bus: object) -> None:
    rates.freeze("bob@example.test", "tried to send 500 messages within an hour; the limit is 100")
    assert freeze_notice.tell() == 1
    assert freeze_notice.tell() == 0
    told = set(Recipient.objects.values_list("forward_path", flat=True))
    assert told == {"bob@example.test", "head@example.test"}
    assert {one.reverse_path for one in Message.objects.all()} == {""}
    text = bytes(Content.objects.all()[0].data)
    assert b"Subject: Sending from bob@example.test has been stopped" in text
    assert b"tried to send 500 messages" in text


def test_a_reader_that_is_not_there_keeps_the_other_from_nothing(bus: object) -> None:
    rates.freeze("nobody@example.test", "sent too much")
    assert freeze_notice.tell() == 1
    assert Recipient.objects.get().forward_path == "head@example.test"
    assert Freeze.objects.get().told
