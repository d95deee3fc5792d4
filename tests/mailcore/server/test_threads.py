"""Thread pools keep the loop free and pass on what the job says."""

import asyncio
import os
import time

import pytest

from mailcore.server.threads import Pool


async def test_jobs_run_side_by_side() -> None:
    pool = Pool("test", 4)
    started = time.monotonic()
    await asyncio.gather(*(pool.run(time.sleep, 0.1) for _ in range(4)))
    assert time.monotonic() - started < 0.35
    pool.close()


async def test_results_and_errors_come_back() -> None:
    pool = Pool("test", 1)
    assert await pool.run(max, 1, 2) == 2
    with pytest.raises(ZeroDivisionError):
        await pool.run(divmod, 1, 0)
    pool.close()
    assert await pool.run(max, 3, 4) == 4
    pool.close()


def test_a_forked_child_has_threads_of_its_own() -> None:
    pool = Pool("test", 1)
    assert asyncio.run(pool.run(max, 1, 2)) == 2
    child = os.fork()
    if not child:
        os._exit(0 if asyncio.run(pool.run(max, 1, 2)) == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0
    pool.close()
