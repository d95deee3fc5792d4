"""Whose lease: told apart from a namesake, and from a process that cannot be seen."""

import os
import subprocess

from mailcore.queue import owners


def test_this_process_lives() -> None:
    assert not owners.is_dead(owners.mine())


def test_a_process_that_ended_is_dead() -> None:
    child = subprocess.Popen(["sleep", "60"])
    mine = owners.mine()
    machine = mine.rsplit(" ", 2)[0]
    theirs = f"{machine} {child.pid} {owners._started(child.pid)}"
    assert not owners.is_dead(theirs)
    child.kill()
    child.wait()
    assert owners.is_dead(theirs)


def test_another_process_with_the_same_number_is_not_taken_for_it() -> None:
    machine = owners.mine().rsplit(" ", 2)[0]
    assert owners.is_dead(f"{machine} {os.getpid()} 1")


def test_what_another_machine_or_container_runs_is_left_alone() -> None:
    boot, _, rest = owners.mine().partition("/")
    assert not owners.is_dead(f"{boot}/elsewhere:pid:[7] 999999 1")
    assert owners.is_dead(f"earlier-boot/{rest}")


def test_an_owner_that_makes_no_sense_is_left_alone() -> None:
    for nonsense in ("", "x", "a b c", "a b c d e"):
        assert not owners.is_dead(nonsense)
