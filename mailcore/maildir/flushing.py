"""Force many files to the disk at once, the cheaper of two ways.

fsync, file by file in threads, writes only these files, and the disk merges some of the
flushes.  syncfs writes everything of the file system that is dirty, in one go: for a batch
it costs a fraction, unless somebody else is writing a lot.  Which is cheaper is measured all the
time, and whichever seems dearer is tried again now and then.
"""

import ctypes
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

_THREADS = 4
_WEIGHT = 8  # a new measurement counts one in so many
_FORGIVE = 0.97  # what was not tried is taken for a little cheaper each time

_pool: tuple[int, ThreadPoolExecutor] | None = None


class _Costs:
    """Seconds: one syncfs; one file's share of an fsync."""

    def __init__(self) -> None:
        self.whole = 0.002
        self.each = 0.0004

    def prefers_whole(self, count: int) -> bool:
        return count > 2 and self.whole < self.each * count

    def note_whole(self, seconds: float) -> None:
        self.whole += (seconds - self.whole) / _WEIGHT

    def note_each(self, seconds: float) -> None:
        self.each += (seconds - self.each) / _WEIGHT
        self.whole *= _FORGIVE


_costs = _Costs()
_library = ctypes.CDLL(None, use_errno=True)


def flush(descriptors: Sequence[int]) -> None:
    """Return when what was written to these open files or directories survives a power cut.

    Raises OSError when the disk reports a failure; then nothing is promised.
    """
    if not descriptors:
        return
    began = time.perf_counter()
    if _costs.prefers_whole(len(descriptors)):
        for one in {os.fstat(each).st_dev: each for each in descriptors}.values():
            _syncfs(one)
        _costs.note_whole(time.perf_counter() - began)
    else:
        if len(descriptors) == 1:
            os.fsync(descriptors[0])
        else:
            list(_threads().map(os.fsync, descriptors))
        _costs.note_each((time.perf_counter() - began) / len(descriptors))


def _syncfs(descriptor: int) -> None:
    """syncfs(2); since Linux 5.8 it reports write errors as fsync does."""
    if _library.syncfs(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _threads() -> ThreadPoolExecutor:
    """Made when first needed and anew after a fork, which takes no threads along."""
    global _pool
    if _pool is None or _pool[0] != os.getpid():
        _pool = (os.getpid(), ThreadPoolExecutor(_THREADS, thread_name_prefix="fsync"))
    return _pool[1]
