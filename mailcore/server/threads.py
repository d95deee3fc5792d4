"""Thread pools for blocking work: one pool per kind, so that one kind can't starve another."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import close_old_connections

T = TypeVar("T")


class Pool:
    """At most `size` threads called `name`, started when first needed.

    A pool may be made before a fork; each process then has threads of its own.
    """

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None
        os.register_at_fork(after_in_child=self._forget)

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """`function(*args)` in a thread; what it raises is raised here.

        Stale database connections are closed around each job, as Django does around
        each request.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads(), _job, function, args)

    def close(self) -> None:
        """Let running jobs end and the threads go."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)

    def _threads(self) -> ThreadPoolExecutor:
        if self._executor is None:
            with self._lock:
                if self._executor is None:
                    self._executor = ThreadPoolExecutor(self.size, thread_name_prefix=self.name)
        return self._executor

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._executor = None


def _job(function: Callable[..., T], args: tuple[Any, ...]) -> T:
    close_old_connections()
    try:
        return function(*args)
    finally:
        close_old_connections()


database = Pool("database", 8)
checks = Pool("checks", 16)  # of received messages: DNS, filters
filters = Pool("filters", 8)  # recipients' own, at RCPT: somebody's slow one stops no checks
dns = Pool("dns", 32)  # they wait, and a slow domain of one stranger must not stop the others
store = Pool("store", 8)
password = Pool("password", 4)  # each verification takes 19 MiB and a core


def close_all() -> None:
    """End the threads of this process; for an orderly exit."""
    for pool in (checks, database, dns, filters, store, password):
        pool.close()
