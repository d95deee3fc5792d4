"""Counters that all processes share for a while; this process's own when Valkey is away."""

import time

import redis

from mailcore.bus.client import client

_PREFIX = "courier:count:"
_MOST = 50_000
_own: dict[str, tuple[int, float]] = {}


def add(key: str, window: int, amount: int = 1) -> int:
    """Count `amount` more under `key`; the count is forgotten `window` seconds after the first."""
    try:
        pipeline = client().pipeline(transaction=False)
        pipeline.incrby(_PREFIX + key, amount)
        pipeline.expire(_PREFIX + key, window, nx=True)
        return int(pipeline.execute()[0])
    except (redis.RedisError, OSError):
        return _add_own(key, window, amount)


def read(*keys: str) -> list[int]:
    """The counts under `keys`."""
    try:
        found = client().mget([_PREFIX + key for key in keys])
        return [int(count or 0) for count in found]
    except (redis.RedisError, OSError):
        now = time.monotonic()
        own = [_own.get(key, (0, 0.0)) for key in keys]
        return [count if until > now else 0 for count, until in own]


def forget(key: str) -> None:
    """Set the count under `key` back to nothing."""
    _own.pop(key, None)
    try:
        client().delete(_PREFIX + key)
    except (redis.RedisError, OSError):
        return


def _add_own(key: str, window: int, amount: int) -> int:
    now = time.monotonic()
    if len(_own) > _MOST:
        for stale in [name for name, (_, until) in _own.items() if until <= now]:
            del _own[stale]
    count, until = _own.get(key, (0, 0.0))
    if until <= now:
        count, until = 0, now + window
    _own[key] = (count + amount, until)
    return count + amount
