"""kill -9 of anything, at any moment: nothing accepted is lost, at most doubled."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mailer import Mailer, check
from tests.support.postgres import Postgres
from tests.support.stack import Stack, running
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.journey, pytest.mark.crash]


def person(stack: Stack, name: str) -> str:
    """A mailbox of the test's own, so that one test's mail is not another's."""
    address = f"{name}@example.test"
    stack.manage("account", "add", address, "--password-stdin", input="wonderland\n")
    stack.passwords[address] = "wonderland"
    time.sleep(2.5)  # longer than the slowest way of learning of a new revision
    return address


@pytest.mark.parametrize("service", ["smtpd", "worker", "valkey", "imapd"])
def test_a_killed_service_loses_nothing(embedded: Stack, service: str) -> None:
    address = person(embedded, f"kill-{service}")
    with Mailer(embedded, address) as mailer:
        for _ in range(4):
            mailer.wait_for(15)
            embedded.kill(service)
        mailer.wait_for(15)
    check(mailer, crashes=4)


def test_a_killed_machine_loses_nothing(embedded: Stack) -> None:
    """Every process at once, as a power cut that the disk's cache survives."""
    address = person(embedded, "kill-all")
    with Mailer(embedded, address) as mailer:
        for _ in range(2):
            mailer.wait_for(20)
            everything = [embedded.pid, *embedded.descendants()]
            for pid in everything:
                os.kill(pid, signal.SIGKILL)
            embedded.start()
        mailer.wait_for(20)
    check(mailer, crashes=2)


def test_valkey_that_loses_its_memory_loses_no_mail(
    production: Stack, production_valkey: Valkey
) -> None:
    address = person(production, "valkey")
    with Mailer(production, address) as mailer:
        for _ in range(2):
            mailer.wait_for(15)
            production_valkey.kill()
            mailer.wait_for(15)
            production_valkey.start()
        mailer.wait_for(15)
    check(mailer, crashes=2)


def test_a_database_that_is_down_gives_4xx_and_recovers(
    production: Stack, production_postgres: Postgres
) -> None:
    address = person(production, "postgres")
    retry_soon(production)
    with Mailer(production, address) as mailer:
        mailer.wait_for(15)
        production_postgres.kill()
        production.until(lambda: mailer.refusals, "nobody was told that the database is down")
        assert all(400 <= code < 500 for code in mailer.refusals), mailer.refusals
        production_postgres.start()
        mailer.wait_for(15)
    check(mailer, crashes=1)


def test_a_full_disk_gives_4xx_and_recovers(small_disk: Stack) -> None:
    address = person(small_disk, "full")
    retry_soon(small_disk)
    with Mailer(small_disk, address) as mailer:
        mailer.wait_for(10)
        ballast = small_disk.home / "ballast"
        fill(ballast)
        small_disk.until(lambda: mailer.refusals, "a full disk was not told")
        assert all(400 <= code < 500 for code in mailer.refusals), mailer.refusals
        ballast.unlink()
        mailer.wait_for(10)
    check(mailer, crashes=1)


def retry_soon(stack: Stack) -> None:
    """What was put off comes again in seconds: by default in five minutes, and in an hour."""
    for pause in ("queue.retry_alpha", "queue.retry_gamma"):
        stack.manage("settings", "set", pause, "2s")


def fill(ballast: Path) -> None:
    """Write until the disk is full."""
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(descriptor, bytes(65536))
    with contextlib.suppress(OSError):
        while True:
            os.write(descriptor, b"\0")
    os.close(descriptor)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("crash") / "var") as stack:
        yield stack


@pytest.fixture(scope="module")
def production_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def production_postgres() -> Iterator[Postgres]:
    server = Postgres()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def production(
    production_valkey: Valkey,
    production_postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    environment = {
        "COURIER_DATABASE_URL": production_postgres.create_database(),
        "COURIER_REDIS_URL": production_valkey.url,
    }
    with running(tmp_path_factory.mktemp("crash") / "var", environment) as stack:
        yield stack


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Stack]:
    """A home on a file system of 48 MB of its own; mounting wants root."""
    disk = tmp_path / "disk"
    disk.mkdir()
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    subprocess.run(
        [*sudo, "mount", "-t", "tmpfs", "-o", f"size=48m,uid={os.geteuid()}", "tmpfs", str(disk)],
        check=True,
    )
    try:
        with running(disk / "var") as stack:
            yield stack
    finally:
        subprocess.run([*sudo, "umount", "-l", str(disk)], check=True)
        shutil.rmtree(disk, ignore_errors=True)
