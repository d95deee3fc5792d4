"""A worker ends itself only when it is old and idle.  Courier respawnlo."""

from workers.recycling import IDLE, Idleness


def test_an_old_and_idle_worker_ends() -> None:
    worker = Idleness(0.0)
    assert not worker.is_time(IDLE + 1, 3600)
    assert worker.is_time(3600, 3600)


def test_a_busy_worker_goes_on() -> None:
    worker = Idleness(0.0)
    worker.begin()
    assert not worker.is_time(9999, 3600)
    worker.end(9999)
    assert not worker.is_time(9999 + IDLE - 1, 3600)
    assert worker.is_time(9999 + IDLE, 3600)


def test_nothing_ends_unless_it_is_wanted() -> None:
    assert not Idleness(0.0).is_time(1e9, 0)
