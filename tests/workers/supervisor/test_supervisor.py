"""The supervisor: restarts what dies, drains what it stops, leaves nothing behind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import Stack, running

ALICE = "alice@example.test"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("supervised") / "var") as stack:
        yield stack


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits for its parent to notice does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize("service", ["smtpd", "imapd", "pop3d", "eventsd", "worker", "beat",
                                     "valkey", "web"])  # fmt: skip
def test_a_service_that_was_killed_is_started_again(stack: Stack, service: str) -> None:
    before = stack.children()[service]
    os.kill(before, signal.SIGKILL)
    stack.until(lambda: stack.children()[service] != before, f"{service} was not started again")


def test_what_a_killed_service_had_started_is_gone_too(stack: Stack) -> None:
    leader = stack.children()["web"]

    def group() -> list[int]:
        return [pid for pid in stack.descendants() if os.getpgid(pid) == leader]

    stack.until(lambda: len(group()) > 1, "the web server has no worker of its own")
    members = group()
    os.kill(leader, signal.SIGKILL)
    stack.until(lambda: not any(alive(pid) for pid in members), "a worker outlived its server")
    stack.until(lambda: stack.children()["web"] != leader, "web was not started again")


def test_after_all_that_mail_still_flows(stack: Stack) -> None:
    stack.until(lambda: stack._answers("smtp") and stack._answers("imap"), "no answer")
    stack.send("ann@remote.test", ALICE, b"Subject: still here\r\n\r\nhi\r\n")
    stack.wait_for_mail(ALICE, b"Subject: still here")


def test_a_hang_up_signal_is_passed_on_and_kills_nobody(stack: Stack) -> None:
    before = stack.children()
    assert stack._process is not None
    stack._process.send_signal(signal.SIGHUP)
    stack.send("ann@remote.test", ALICE, b"Subject: after hup\r\n\r\nhi\r\n")
    stack.wait_for_mail(ALICE, b"Subject: after hup")
    assert stack.children() == before


def test_ctrl_c_stops_everything_and_leaves_no_process(stack: Stack) -> None:
    pids = [*stack.descendants(), *stack.children().values()]
    assert stack.stop() == 0
    assert [pid for pid in pids if alive(pid)] == []
    assert "server.stopped" in stack.log.read_text()


def test_the_second_start_needs_nothing_but_up(stack: Stack) -> None:
    stack.start()
    assert stack.inbox(ALICE)
    stack.stop()
