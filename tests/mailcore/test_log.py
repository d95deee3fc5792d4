"""What logging may not do: stop the work it tells of."""

import subprocess
import sys
from pathlib import Path

_TALKER = """
from mailcore import log
log.setup(json=False)
import logging
for _ in range(2000):
    log.get("queue").info("message.queued", id="abc", text="x" * 100)
    try:
        raise ValueError("trouble")
    except ValueError:
        log.get("queue").exception("attempt.broken")
    logging.getLogger("django").error("from a library")
print("went on")
"""


def test_a_full_disk_under_the_log_stops_nobody() -> None:
    with Path("/dev/full").open("w") as full:
        told = subprocess.run(
            [sys.executable, "-c", _TALKER], stdout=subprocess.PIPE, stderr=full, check=False
        )
    assert told.stdout == b"went on\n"


def test_a_reader_of_the_log_that_is_gone_stops_nobody() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _TALKER], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as talker:
        assert talker.stderr is not None
        assert talker.stdout is not None
        talker.stderr.close()
        assert talker.stdout.read() == b"went on\n"
