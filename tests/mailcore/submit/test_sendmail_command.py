"""`manage.py sendmail` as a program calls it: exit codes, and what lands in the queue."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.place import ROOT, Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("home"), {"COURIER_DATABASE_URL": ""})
    actor = place.actor()
    actor.ask("setup")
    actor.kill()
    yield place
    for each in place.actors:
        each.kill()


def sendmail(place: Place, *arguments: str, text: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "sendmail", *arguments],
        input=text, text=True, capture_output=True, cwd=ROOT, timeout=60, check=False,
        env={**os.environ, **place.environment, "LOGNAME": "joe"},
    )  # fmt: skip


def test_a_message_is_queued_and_delivered(place: Place) -> None:
    done = sendmail(
        place, "-t", "-i", "-f", "x@example.test",
        text="To: u1@example.test\nBcc: u2@example.test\nSubject: number 7\n\none\n.\ntwo\n",
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    actor = place.actor()
    assert actor.ask("deliver") == "delivered 2"
    assert place.delivered() == {7: 2}
    for file in place.home.glob("mail/example.test/*/new/*"):
        text = file.read_text()
        assert "Bcc" not in text
        assert text.endswith("\n\none\n.\ntwo\n")
        assert text.startswith("Return-Path: <x@example.test>\n")
        assert "\nMessage-ID: <courier." in text


def test_nobody_to_send_to_and_bad_options_have_their_own_codes(place: Place) -> None:
    assert sendmail(place, "-t", text="Subject: x\n\nno one\n").returncode == 65
    assert sendmail(place, "-bs", text="").returncode == 64


def test_a_local_user_who_is_not_there_is_taken_and_bounces(place: Place) -> None:
    assert sendmail(place, "nobody@example.test", text="Subject: number 8\n\nx\n").returncode == 0
    actor = place.actor()
    actor.ask("deliver")
    assert actor.ask("left") == "left 1"  # to be reported


def test_dry_run_prints_and_queues_nothing(place: Place) -> None:
    done = sendmail(place, "-n", "u1@example.test", text="Subject: number 9\n\nx\n")
    assert done.stdout.startswith("Subject: number 9\nFrom: joe@")


def test_delayed_mail_waits_in_the_queue(place: Place) -> None:
    done = sendmail(place, "-delay=2h", "u1@example.test", text="Subject: number 9\n\nx\n")
    assert (done.returncode, done.stderr) == (0, "")
    actor = place.actor()
    assert actor.ask("deliver") == "delivered 0"
    assert 9 not in place.delivered()
    assert sendmail(place, "-delay=soon", "u1@example.test", text="x").returncode == 64


def test_a_global_filter_judges_local_mail_where_it_shall(place: Place) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "settings", "set", "filters.sources", "local"],
        cwd=ROOT, env={**os.environ, **place.environment}, check=True, capture_output=True,
    )  # fmt: skip
    (place.home / "allfilters").mkdir()
    dead = place.home / "allfilters" / "dead"
    dead.touch()
    done = sendmail(place, "u1@example.test", text="Subject: number 11\n\nx\n")
    dead.unlink()
    assert (done.returncode, done.stderr) == (
        75,
        "sendmail: Mail filters temporarily unavailable.\n",
    )


def test_a_spool_that_cannot_be_written_is_for_later(place: Place, tmp_path: Path) -> None:
    (place.home / "spool").rename(tmp_path / "spool") if (place.home / "spool").exists() else None
    (place.home / "spool").write_text("not a directory")
    long = "Subject: number 10\n\n" + "x" * 200_000 + "\n"
    assert sendmail(place, "u1@example.test", text=long).returncode == 75
