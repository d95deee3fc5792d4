"""Slots are shared fairly, and never exceeded."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mailcore.delivery.plan import plan
from mailcore.queue.leases import Due


def test_a_crowd_for_one_host_keeps_nobody_waiting() -> None:
    waiting = [Due("big.test", 100_000, 1.0), Due("small.test", 1, 2.0)]
    assert plan(waiting, {}, slots=40, host_slots=4, batch=100) == [
        ("big.test", 100),
        ("small.test", 100),
        ("big.test", 100),
        ("big.test", 100),
        ("big.test", 100),
    ]


def test_leases_under_way_count() -> None:
    waiting = [Due("a.test", 500, 1.0), Due("b.test", 500, 2.0)]
    assert plan(waiting, {"a.test": 4, "c.test": 1}, slots=6, host_slots=4, batch=100) == [
        ("b.test", 100)
    ]


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 1000)), unique_by=lambda p: p[0]),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 5)),
    st.integers(1, 20),
    st.integers(1, 5),
    st.integers(1, 200),
)
def test_no_limit_is_ever_exceeded(
    hosts: list[tuple[str, int]], held: dict[str, int], slots: int, host_slots: int, batch: int
) -> None:
    waiting = [Due(host, count, float(at)) for at, (host, count) in enumerate(hosts)]
    wanted = plan(waiting, held, slots=slots, host_slots=host_slots, batch=batch)
    assert len(wanted) <= max(0, slots - sum(held.values()))
    for host, more in Counter(host for host, _ in wanted).items():
        assert held.get(host, 0) + more <= host_slots
