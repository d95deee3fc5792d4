"""A worker that is killed between two instructions: nothing is lost, what was done is repeated."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gone import assert_gone
from tests.support.homes import ME
from tests.support.place import ROOT, Place

pytestmark = pytest.mark.crash


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path, {"COURIER_DATABASE_URL": ""})
    first = place.actor()
    assert first.ask("setup") == "ready"
    first.kill()
    for name, value in (("programs", "yes"), ("program_user", ME), ("program_timeout", "1")):
        subprocess.run(
            [sys.executable, "manage.py", "settings", "set", f"local.{name}", value],
            cwd=ROOT,
            env=place.environment,
            check=True,
            capture_output=True,
        )
    yield place
    for actor in place.actors:
        if actor.process.poll() is None:
            actor.kill()


def test_trap_15_killed_between_two_instructions_all_are_repeated(place: Place) -> None:
    home = place.home / "homes/example.test/u0"
    home.mkdir(parents=True)
    (home / ".courier").write_text(
        "|echo ran >>ran\n./Maildir\n./box\n"
        "|worker=$(cut -d' ' -f4 /proc/$PPID/stat); test -e killed || { touch killed; echo $$ >orphan; kill -9 $worker; sleep 600; }\n./last\n"
    )
    worker = place.actor()
    assert worker.ask("accept 0") == "accepted 0"
    assert worker.ask("deliver") == "delivered 1", "that is: handed on"
    worker.tell("instruct")
    assert worker.hear() == "", "it was killed"
    assert (home / "killed").exists()
    assert not (home / "last").exists()
    assert_gone((home / "orphan").read_text())
    heir = place.actor()
    assert heir.ask("reap") == "reaped 1"
    assert heir.ask("instruct") == "instructed 1"
    assert heir.ask("rows") == "rows 0 0 0 0"
    assert (home / "ran").read_text() == "ran\nran\n"
    assert place.delivered() == {0: 1}, "the Maildir knew it"
    assert (home / "box").read_bytes().count(b"\nSubject: number 0\n") == 2
    assert (home / "last").read_bytes().count(b"\nSubject: number 0\n") == 1
