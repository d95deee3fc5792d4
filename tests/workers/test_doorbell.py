"""The doorbell: one wake-up in flight per lane, and none needed for mail to arrive."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.place import ROOT, Actor, Place
from tests.support.valkey import Valkey
from workers import doorbell


class Running:
    """A place with its own Valkey and one Celery worker process."""

    def __init__(self, directory: Path) -> None:
        self.valkey = Valkey(directory)
        self.valkey.start()
        environment = {"COURIER_DATABASE_URL": "", "COURIER_REDIS_URL": self.valkey.url}
        self.place = Place(directory / "home", environment)
        self.place.home.mkdir()
        self.actor = self.place.actor()
        assert self.actor.ask("setup") == "ready"
        assert self.actor.ask("bell") == "bell"
        self.worker: subprocess.Popen[bytes] | None = None

    def start_worker(self) -> None:
        self.worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "workers.celery", "-q", "worker", "-P", "threads",
             "-c", "4", "-Q", "scheduler,local,bounce", "--without-gossip", "--without-mingle",
             "--without-heartbeat", "--loglevel", "ERROR"],
            cwd=ROOT, env={**os.environ, **self.place.environment},
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def until_delivered(self, numbers: set[int], seconds: float = 20.0) -> float:
        began = time.monotonic()
        while not numbers <= set(self.place.delivered()):
            assert time.monotonic() < began + seconds, "waited in vain"
            time.sleep(0.01)
        return time.monotonic() - began

    def kill_worker(self) -> None:
        if self.worker is not None:
            self.worker.kill()
            self.worker.wait()

    def waiting(self, queue: str) -> int:
        """Tasks that no worker has taken yet."""
        return int(redis.Redis.from_url(self.valkey.url).llen(queue))  # type: ignore[arg-type]

    def until_waiting(self, queue: str, number: int) -> None:
        """Exactly so many tasks are waiting, and it stays at that."""
        deadline = time.monotonic() + 10
        while self.waiting(queue) < number and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        assert self.waiting(queue) == number

    def stop(self) -> None:
        self.kill_worker()
        self.actor.kill()
        self.valkey.kill()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.stop()


def accept(actor: Actor, numbers: range) -> None:
    for number in numbers:
        assert actor.ask(f"accept {number}") == f"accepted {number}"


def test_a_lane_is_rung_once_until_somebody_answers(running: Running) -> None:
    accept(running.actor, range(5))
    running.until_waiting("local", 1)
    redis.Redis.from_url(running.valkey.url).delete(doorbell.key("local"))
    accept(running.actor, range(5, 7))
    running.until_waiting("local", 2)


def test_a_broker_that_is_away_delays_nobody(running: Running) -> None:
    running.valkey.kill()
    began = time.monotonic()
    accept(running.actor, range(20))
    assert time.monotonic() - began < 5


@pytest.mark.crash
def test_mail_arrives_at_once_and_survives_the_loss_of_broker_and_worker(running: Running) -> None:
    running.start_worker()
    accept(running.actor, range(1))
    running.until_delivered({0})
    accept(running.actor, range(1, 2))
    assert running.until_delivered({1}) < 1

    # The broker goes, and forgets everything; mail is accepted all the same.
    running.valkey.kill()
    accept(running.actor, range(2, 12))
    running.valkey.start()
    running.actor.ask("tick")
    deadline = time.monotonic() + 30
    while not set(range(12)) <= set(running.place.delivered()):
        assert time.monotonic() < deadline, "mail is stuck"
        time.sleep(1)
        running.actor.ask("tick")

    # The worker goes in the middle of its work.
    accept(running.actor, range(12, 60))
    running.kill_worker()
    accept(running.actor, range(60, 70))
    running.start_worker()
    running.actor.ask("reap")
    time.sleep(6)  # as long as the bell that nobody answered keeps ringing
    running.actor.ask("tick")
    running.until_delivered(set(range(70)), 30)
    assert max(running.place.delivered().values()) == 1
