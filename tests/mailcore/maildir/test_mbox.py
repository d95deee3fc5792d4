"""Appending to mbox files: quoting, locks, and what is taken back."""

import fcntl
import mailbox
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import StoreError
from mailcore.maildir import mbox

MESSAGE = b"Subject: hi\n\nFrom here on\n>From there\n From nowhere\nend\n"
SEPARATOR = b"From ann@far.test Sun Nov 22 10:00:00 2026\n"


def test_a_message_stands_behind_its_from_line_with_an_empty_line_at_its_end(
    tmp_path: Path,
) -> None:
    mbox.append(str(tmp_path / "box"), SEPARATOR, b"Subject: hi\n\nno line end")
    assert (tmp_path / "box").read_bytes() == SEPARATOR + b"Subject: hi\n\nno line end\n\n"
    assert (tmp_path / "box").stat().st_mode & 0o777 == 0o600


def test_lines_that_look_like_from_gain_a_mark_each_time() -> None:
    assert mbox.quoted(MESSAGE) == (
        b"Subject: hi\n\n>From here on\n>>From there\n From nowhere\nend\n\n"
    )


def test_a_from_line_names_the_sender_without_spaces_and_the_time() -> None:
    assert mbox.from_line('"a b"@far.test', 0) == (
        b'From "a-b"@far.test Thu Jan  1 00:00:00 1970\n'
    )
    assert mbox.from_line("", 0).startswith(b"From MAILER-DAEMON ")


@given(
    st.lists(
        st.lists(st.sampled_from(["From x", ">From y", "text", "", ">>From", "From"]), max_size=6),
        min_size=1,
        max_size=5,
    )
)
def test_property_pythons_mbox_reads_back_as_many_messages(bodies: list[list[str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        for body in bodies:
            message = b"Subject: hi\n\n" + "\n".join(body).encode()
            mbox.append(f"{place}/box", SEPARATOR, message)
        found = mailbox.mbox(f"{place}/box", create=False)
        assert [each["Subject"] for each in found] == ["hi"] * len(bodies)
        found.close()


def test_a_file_that_was_cut_short_does_not_swallow_the_next_message(tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.write_bytes(SEPARATOR + b"Subject: half\n\nhalf a li")
    mbox.append(str(box), SEPARATOR, b"Subject: whole\n\nx\n")
    assert [each["Subject"] for each in mailbox.mbox(str(box))] == ["half", "whole"]


def test_what_cant_be_written_whole_is_taken_back(tmp_path: Path) -> None:
    box = tmp_path / "box"
    mbox.append(str(box), SEPARATOR, b"Subject: first\n\nx\n")
    before = box.read_bytes()
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 4_000, was[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            mbox.append(str(box), SEPARATOR, b"Subject: second\n\n" + b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)
        signal.signal(signal.SIGXFSZ, ignored)
    assert box.read_bytes() == before


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "box").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        mbox.append(str(tmp_path / "box"), SEPARATOR, MESSAGE)


def test_a_pipe_is_no_mailbox(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "box")
    with pytest.raises(StoreError, match="no file"):
        mbox.append(str(tmp_path / "box"), SEPARATOR, MESSAGE)


_HOLD = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
getattr(fcntl, sys.argv[2])(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("kind", ["lockf", "flock"])
def test_who_has_locked_the_file_is_waited_for_and_not_for_ever(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = tmp_path / "box"
    box.touch()
    other = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(box), kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"locked\n"
    monkeypatch.setattr(mbox, "PATIENCE", 0.1)
    with pytest.raises(StoreError, match="locked"):
        mbox.append(str(box), SEPARATOR, MESSAGE)
    other.communicate(b"\n")
    mbox.append(str(box), SEPARATOR, MESSAGE)
    assert len(mailbox.mbox(str(box))) == 1


def test_threads_and_programs_append_without_mixing(tmp_path: Path) -> None:
    box = tmp_path / "box"

    def many(number: int) -> None:
        for _ in range(20):
            body = b"%d" % number * 20_000
            mbox.append(str(box), SEPARATOR, b"Subject: %d\n\n" % number + body + b"\n")

    threads = [threading.Thread(target=many, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = mailbox.mbox(str(box))
    assert len(found) == 80
    assert all(each.get_payload().strip() == each["Subject"] * 20_000 for each in found)
    with box.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody has it any more
