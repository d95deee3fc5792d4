"""When a back end is worth an attempt."""

from hypothesis import given
from hypothesis import strategies as st

from mailcore.proxyd.health import FIRST_PAUSE, Health


def test_after_a_failure_nobody_tries_for_a_while_and_then_one_does() -> None:
    health = Health()
    assert health.may_try(0.0)
    assert health.failed(0.0, 60) == FIRST_PAUSE
    assert not health.may_try(FIRST_PAUSE - 0.01)
    assert health.may_try(FIRST_PAUSE)
    assert not health.may_try(FIRST_PAUSE), "somebody is at it already"
    health.ended()
    assert health.may_try(FIRST_PAUSE)


def test_success_opens_it_to_all() -> None:
    health = Health()
    health.failed(0.0, 60)
    assert health.may_try(1.0)
    health.succeeded()
    health.ended()
    assert health.is_well
    assert health.may_try(1.0)
    assert health.may_try(1.0)


def test_many_failures_of_one_outage_count_as_one() -> None:
    health = Health()
    pauses = [health.failed(0.1, 60) for _ in range(100)]
    assert pauses == [FIRST_PAUSE] * 100
    assert health.may_try(0.1 + FIRST_PAUSE)


@given(st.integers(1, 200), st.integers(1, 3600))
def test_property_the_pause_grows_to_the_longest_and_no_further(count: int, longest: int) -> None:
    health, now, before = Health(), 0.0, 0.0
    for _ in range(count):
        pause = health.failed(now, longest)
        assert before <= pause <= longest
        now, before = now + pause, pause
        assert health.may_try(now)
        health.ended()
