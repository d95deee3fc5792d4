"""`make bench`: small loads against a server of its own, one line per figure.

Needs nothing outside the repository.  Compare ratios within a run, not runs with each other;
docs/benchmarks.md has the figures beside other servers.
"""

import os
import resource
import tempfile
import time
from pathlib import Path

from tests.bench.loads import LOADS
from tests.support.stack import Stack, running

ALICE = "alice@example.test"


def main() -> None:
    # Not pytest's temporary directory: the load should meet the disk the mail would be on.
    with tempfile.TemporaryDirectory(prefix="courier-bench-") as directory:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
        with running(Path(directory) / "var", {"COURIER_LOG_LEVEL": "WARNING"}) as stack:
            print(f"{'load':<34}{'rate':>14}{'server CPU, ms each':>22}")
            for name, unit, load in LOADS:
                before, started = cpu_seconds(stack), time.perf_counter()
                count = load(stack, ALICE)
                seconds = time.perf_counter() - started
                each = (cpu_seconds(stack) - before) * 1000 / count
                print(f"{name:<34}{count / seconds:>10,.0f} {unit}/s{each:>18.3f}", flush=True)


def cpu_seconds(stack: Stack) -> float:
    """CPU that the server's processes have used, granian's and Celery's children included."""
    ticks = 0
    for pid in [stack.pid, *stack.descendants()]:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
