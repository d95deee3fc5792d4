"""No destination slows another: the dead, the slow and the crowded.  No clocks are watched."""

import time
from collections.abc import Iterator

import pytest
from django.forms.models import model_to_dict

from mailcore.conf.current import snapshot
from mailcore.delivery import attempt, scheduler
from mailcore.delivery.plan import plan
from mailcore.delivery.slots import Slots, slots
from mailcore.queue import destinations, ids, leases
from mailcore.queue.leases import Due
from mailcore.queue.models import Content, Lease, Message, Recipient
from mailcore.transports import contract
from mailcore.transports.esmtp import transport
from tests.support.outgoing import configure, send
from tests.support.remote import Remote

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

CROWD = 10_000


def crowd(host: str, count: int, at: float) -> None:
    """Messages for a host, as rows; their first attempt is due since `at`."""
    first = Message.objects.get(id=send(f"x@{host}"))
    content = Content.objects.get(id=first.id).data
    Recipient.objects.filter(message_id=first.id).update(next_attempt_at=at)
    more = [ids.new_id() for _ in range(1, count)]
    same = model_to_dict(first) | {"prefix": first.prefix}
    Message.objects.bulk_create((Message(**same | {"id": one}) for one in more), 500)
    Content.objects.bulk_create((Content(id=one, data=content) for one in more), 500)
    Recipient.objects.bulk_create(
        (
            Recipient(
                id=ids.new_id(), message_id=one, forward_path=f"u{one}@{host}",
                transport="esmtp", host=host, next_attempt_at=at,
            )
            for one in more
        ),
        500,
    )  # fmt: skip


@pytest.fixture
def dead() -> str:
    """The route to a host where nobody listens."""
    server = Remote()
    server.stop()
    return f"dead.test:[127.0.0.1],{server.port}"


@pytest.fixture
def live() -> Iterator[Remote]:
    server = Remote()
    yield server
    server.stop()


def test_a_dead_destination_with_ten_thousand_messages_slows_no_other(
    dead: str, live: Remote
) -> None:
    configure(routes=(dead, f"live.test:[127.0.0.1],{live.port}"))
    crowd("dead.test", CROWD, at=1.0)
    assert Message.objects.count() == CROWD
    for each in range(5):
        send(f"ann{each}@live.test")
    attempts = scheduler.claim("esmtp")
    assert Lease.objects.filter(host="live.test").count() == 1  # in the very first planning
    assert len(attempts) <= 1 + snapshot().queue.esmtp_host_slots
    for lease in attempts:
        attempt.run(lease)
    assert len(live.mails) == 5
    send("late@live.test")
    (lease,) = scheduler.claim("esmtp")  # the dead host rests, its crowd still due
    attempt.run(lease)
    assert len(live.mails) == 6
    left = Recipient.objects.filter(host="dead.test")
    assert left.count() == CROWD
    assert left.filter(next_attempt_at__lte=time.time()).count() >= CROWD - 400


def test_others_get_their_turn_in_each_planning_while_ten_thousand_wait_for_one(
    dead: str, live: Remote
) -> None:
    """The crowd is never looked at beyond its share: all that it may hold is held throughout."""
    configure(routes=(dead, f"live.test:[127.0.0.1],{live.port}"), host_rest=0)
    crowd("dead.test", CROWD, at=1.0)
    under_way = scheduler.claim("esmtp")
    assert len(under_way) == snapshot().queue.esmtp_host_slots
    for turn in range(20):
        send(f"ann{turn}@live.test", f"bob{turn}@live.test")
        (lease,) = scheduler.claim("esmtp")
        attempt.run(lease)
        assert len(live.mails) == turn + 1
    batch = snapshot().queue.esmtp_batch
    claimed = Recipient.objects.filter(host="dead.test", state="attempting").count()
    assert claimed == len(under_way) * batch


def test_those_who_wait_longest_go_first_among_ten_thousand() -> None:
    crowd("far.test", CROWD, at=2.0)
    oldest = set(Recipient.objects.order_by("id").values_list("id", flat=True)[5_000:5_060])
    Recipient.objects.filter(id__in=oldest).update(next_attempt_at=1.0)
    scheduler.claim("esmtp")
    first = Lease.objects.order_by("id").first()
    assert first is not None
    claimed = set(Recipient.objects.filter(lease=first.id).values_list("id", flat=True))
    assert oldest <= claimed
    assert len(claimed) == snapshot().queue.esmtp_batch


def test_slow_hosts_share_a_part_of_the_slots() -> None:
    waiting = [Due(f"slow{number}.test", 100, number) for number in range(30)]
    waiting.append(Due("fast.test", 1, 99.0))
    slow = {due.host for due in waiting if due.host.startswith("slow")}
    held = {f"slow{number}.test": 1 for number in range(5)}
    wanted = plan(
        waiting, held, slots=20, host_slots=4, batch=100, slow=slow, slow_slots=10
    )  # fmt: skip
    assert [host for host, _ in wanted].count("fast.test") == 1
    assert sum(host in slow for host, _ in wanted) == 5


def test_who_holds_a_batch_for_long_is_slow() -> None:
    send("ann@slow.test")
    scheduler.claim("esmtp")
    now = time.time()
    Lease.objects.update(started_at=now - leases.SLOW_AFTER - 1)
    assert leases.due("esmtp", now, 10)[2] == {"slow.test"}


def test_a_slow_host_gives_its_slot_to_others_between_two_messages(
    live: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if each message had taken longer than a turn: one goes, what is left stays due."""
    monkeypatch.setattr(contract, "SLOW_EACH", 0.0)
    monkeypatch.setattr(transport, "SLOW_TURN", 0.0)
    configure(routes=(f".test:[127.0.0.1],{live.port}",))
    for each in range(3):
        send(f"ann{each}@slow.test", f"bob{each}@slow.test")
    due_since = set(Recipient.objects.values_list("next_attempt_at", flat=True))
    (lease,) = scheduler.claim("esmtp")
    attempt.run(lease)
    assert len(live.mails) == 1
    left = Recipient.objects.filter(state="queued", attempts=0, lease=0)
    assert left.count() == 4
    assert set(left.values_list("next_attempt_at", flat=True)) < due_since
    send("eve@quick.test")
    slots = Lease.objects.order_by("id")
    scheduler.claim("esmtp")
    assert list(slots.values_list("host", flat=True)) == ["quick.test", "slow.test"]
    for one in slots.values_list("id", flat=True):
        attempt.run(one)
    assert len(live.mails) == 3
    assert live.connections == 1  # kept for the next turn


def test_a_quick_host_keeps_its_slot_to_the_end_of_its_batch(
    live: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "SLOW_TURN", 0.0)
    configure(routes=(f".test:[127.0.0.1],{live.port}",))
    for each in range(3):
        send(f"ann{each}@quick.test")
    for lease in scheduler.claim("esmtp"):
        attempt.run(lease)
    assert len(live.mails) == 3
    assert leases.due("esmtp", time.time(), 10)[2] == set()


def test_who_was_slow_is_remembered_for_a_while() -> None:
    now = time.time()
    destinations.be_patient("esmtp", "slow.test", now + 60)
    destinations.prune(now)
    assert leases.due("esmtp", now, 10)[2] == {"slow.test"}
    assert leases.due("esmtp", now + 61, 10)[2] == set()


def test_any_transport_has_limits_by_settings() -> None:
    configure(slots=("fax 2 1 1", "nonsense", "uucp 4 4 99999"))
    queue = snapshot().queue
    assert slots("fax", queue) == Slots(2, 1, 1)
    assert slots("uucp", queue) == Slots(4, 4, 2_000)
    assert slots("list", queue) == Slots(40, 4, 100)
