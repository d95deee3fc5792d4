"""kill -9, a full disk, a database that goes away: nothing promised is lost, nothing doubled.

docs/queue.md names what each crash leaves behind and who repairs it; these are its claims.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.place import Place, numbers
from tests.support.postgres import Postgres

pytestmark = pytest.mark.crash


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    environment = {"COURIER_DATABASE_URL": ""}
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        environment["COURIER_DATABASE_URL"] = postgres.create_database()
    place = Place(tmp_path, environment)
    first = place.actor()
    assert first.ask("setup") == "ready"
    first.kill()
    yield place
    for actor in place.actors:
        if actor.process.poll() is None:
            actor.kill()


def test_what_a_killed_acceptor_promised_is_delivered(place: Place) -> None:
    promised: set[int] = set()
    for round_ in range(4):
        acceptor = place.actor()
        acceptor.tell(f"flood {round_ * 1_000_000}")
        acceptor.hear()
        time.sleep(0.05 + 0.11 * round_)
        promised |= numbers(acceptor.kill())
    assert promised
    worker = place.actor()
    assert worker.ask("deliver").startswith("delivered")
    assert worker.ask("rows") == "rows 0 0 0 0"
    delivered = place.delivered()
    assert promised <= set(delivered)
    assert max(delivered.values()) == 1


def test_a_killed_worker_neither_loses_nor_doubles(place: Place) -> None:
    acceptor = place.actor()
    acceptor.tell("flood 1")
    promised: set[int] = set()
    for round_ in range(5):
        worker = place.actor()
        assert worker.ask("work") == "working"
        time.sleep(0.1 + 0.07 * round_)
        worker.kill()
    promised |= numbers(acceptor.kill())
    last = place.actor()
    assert last.ask("reap").startswith("reaped")
    last.ask("deliver")
    assert last.ask("rows") == "rows 0 0 0 0"
    delivered = place.delivered()
    assert len(promised) > 100
    assert promised <= set(delivered)
    assert max(delivered.values()) == 1


def test_two_workers_share_the_queue_without_doubling(place: Place) -> None:
    acceptor = place.actor()
    for number in range(300):
        acceptor.ask(f"accept {number}")
    workers = [place.actor(), place.actor()]
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda each=each: answers.append(each.ask("deliver")))  # type: ignore[misc]
        for each in workers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(int(answer.split()[1]) for answer in answers) == 300
    assert set(place.delivered().values()) == {1}
    assert acceptor.ask("rows") == "rows 0 0 0 0"


def test_a_database_that_went_away_is_451_and_accepted_again_when_it_is_back(
    tmp_path: Path,
) -> None:
    postgres = Postgres()
    postgres.start()
    try:
        place = Place(tmp_path, {"COURIER_DATABASE_URL": postgres.create_database()})
        actor = place.actor()
        actor.ask("setup")
        assert actor.ask("accept 1") == "accepted 1"
        postgres.kill()
        assert actor.ask("accept 5").startswith("refused 4.3.0")
        assert actor.ask("accept 9 200000").startswith("refused 4.3.0")
        assert actor.ask("accept 2").startswith("refused 4.4.3")  # nobody knows who that is
        assert not [file for file in place.home.glob("spool/*/*") if file.is_file()]
        postgres.start()
        assert actor.ask("accept 4") == "accepted 4"
        assert actor.ask("deliver") == "delivered 2"
        assert set(place.delivered()) == {1, 4}
        actor.kill()
    finally:
        postgres.remove()


def test_a_worker_waits_for_a_database_that_went_away_and_doubles_nothing(tmp_path: Path) -> None:
    postgres = Postgres()
    postgres.start()
    try:
        place = Place(tmp_path, {"COURIER_DATABASE_URL": postgres.create_database()})
        actor = place.actor()
        actor.ask("setup")
        for number in range(400):
            actor.ask(f"accept {number} 20000")
        actor.tell("deliver")
        deadline = time.monotonic() + 20
        while not place.delivered() and time.monotonic() < deadline:
            time.sleep(0.005)
        postgres.kill()
        time.sleep(0.5)
        postgres.start()
        actor.hear()
        last = place.actor()
        last.ask("reap")
        last.ask("deliver")
        assert last.ask("rows") == "rows 0 0 0 0"
        delivered = place.delivered()
        assert set(delivered) == set(range(400))
        assert max(delivered.values()) == 1
        actor.kill()
        last.kill()
    finally:
        postgres.remove()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_full_database_is_452_and_accepted_again_when_there_is_room(place: Place) -> None:
    actor = place.actor()
    actor.ask("narrow 60")
    said = [actor.ask(f"accept {number} 20000") for number in range(40)]
    refused = [line for line in said if line.startswith("refused")]
    assert refused
    assert all(line.startswith("refused 4.3.1") for line in refused)
    accepted = {int(line.split()[1]) for line in said if line.startswith("accepted")}
    actor.kill()
    actor = place.actor()
    assert actor.ask("accept 99") == "accepted 99"
    actor.ask("deliver")
    assert set(place.delivered()) == accepted | {99}


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_full_disk_under_the_spool_keeps_nothing(place: Place) -> None:
    actor = place.actor()
    assert actor.ask("accept 1 300000") == "accepted 1"
    actor.ask("short 200000")
    assert actor.ask("accept 2 300000").startswith("broken")
    assert len([file for file in place.home.glob("spool/*/*") if file.is_file()]) == 1
    actor.kill()
    actor = place.actor()
    actor.ask("deliver")
    assert place.delivered() == {1: 1}
    assert not [file for file in place.home.glob("spool/*/*") if file.is_file()]
