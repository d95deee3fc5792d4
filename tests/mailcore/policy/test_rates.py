"""How much a login may send, counted over all processes, and what becomes of who sends more."""

import pytest

from mailcore.bus import counters
from mailcore.conf.schema.rates import Rates
from mailcore.conf.schema.registry import Snapshot, build
from mailcore.policy import rates
from mailcore.policy.contract import Peer
from mailcore.policy.models import Freeze
from tests.support.valkey import Valkey

pytestmark = pytest.mark.django_db

ANN, BEN = "ann@a.test", "ben@a.test"


def told(account: str, recipients: int, settings: Snapshot) -> str | None:
    refusal = rates.judge(account, recipients, settings)
    return str(refusal) if refusal else None


def limited(**values: int) -> Snapshot:
    return Snapshot(rates=Rates(**values))


def test_messages_over_the_limit_are_put_off(bus: Valkey) -> None:
    settings = limited(messages_hour=2)
    assert told(ANN, 50, settings) is None
    assert told(ANN, 50, settings) is None
    assert told(ANN, 1, settings) == (
        "450 4.7.1 No more than 2 messages within an hour from ann@a.test. Please try again later."
    )
    assert told(BEN, 1, settings) is None


def test_what_was_refused_counts_for_nothing(bus: Valkey) -> None:
    settings = limited(recipients_day=10, messages_hour=100)
    assert told(ANN, 11, settings) is not None
    assert told(ANN, 10, settings) is None
    assert counters.read("sent:messages_hour:ann@a.test") == [1]


def test_a_domains_accounts_share_its_limit(bus: Valkey) -> None:
    settings = limited(domain_recipients_hour=10)
    assert told(ANN, 6, settings) is None
    assert "from the domain of ben@a.test" in (told(BEN, 6, settings) or "")
    assert told(BEN, 4, settings) is None
    assert told("eve@other.test", 6, settings) is None


def test_an_accounts_own_limit_counts_before_the_servers(bus: Valkey) -> None:
    settings = build(
        1,
        "mail.test",
        {"rates": {"messages_hour": 1}},
        {f"account:{ANN}": {"rates": {"messages_hour": 3}}},
    )
    assert [told(ANN, 1, settings) is None for _ in range(4)] == [True, True, True, False]
    assert [told(BEN, 1, settings) is None for _ in range(2)] == [True, False]


def test_counts_expire_with_their_window(bus: Valkey) -> None:
    rates.judge(ANN, 1, limited(messages_hour=2, messages_day=2))
    from mailcore.bus.client import client

    assert 0 < client().ttl("courier:count:sent:messages_hour:ann@a.test") <= 3_600
    assert 3_600 < client().ttl("courier:count:sent:messages_day:ann@a.test") <= 86_400


def test_without_valkey_each_process_counts_for_itself(bus: Valkey, settings: object) -> None:
    settings.COURIER_REDIS_URL = "unix:///nowhere/valkey.sock"  # type: ignore[attr-defined]
    some = limited(messages_hour=1)
    assert told("alone@a.test", 1, some) is None
    assert told("alone@a.test", 1, some) is not None


def test_who_goes_on_far_beyond_the_limit_is_frozen_until_an_administrator_thaws(
    bus: Valkey,
) -> None:
    settings = limited(messages_hour=2, freeze_factor=2)
    for _ in range(4):
        rates.judge(ANN, 1, settings)
    assert not Freeze.objects.exists()
    rates.judge(ANN, 1, settings)
    assert Freeze.objects.get().reason == (
        "tried to send 5 messages within an hour; the limit is 2"
    )
    assert "has been stopped" in (told(ANN, 1, settings) or "")
    assert told(BEN, 1, settings) is None
    assert rates.thaw(ANN)
    assert told(ANN, 1, settings) is None
    assert not rates.thaw(ANN)


def test_freezing_can_be_switched_off_and_is_never_the_domains(bus: Valkey) -> None:
    for settings in (
        limited(messages_hour=1, freeze_factor=0),
        limited(domain_messages_hour=1, freeze_factor=2),
    ):
        for _ in range(9):
            rates.judge(ANN, 1, settings)
    assert not Freeze.objects.exists()


def test_only_logins_that_have_a_limit_are_counted() -> None:
    login = Peer("192.0.2.1", identity=ANN, trusted=True)
    assert not rates.wanted(Snapshot(), login)
    assert rates.wanted(limited(messages_hour=1), login)
    assert not rates.wanted(limited(messages_hour=1), Peer("192.0.2.1"))
