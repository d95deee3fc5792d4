"""Wait for a process to end that is not our child."""

import time


def assert_gone(pid: str) -> None:
    """A killed orphan is a zombie until init reaps it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with open(f"/proc/{int(pid)}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} is still running")
