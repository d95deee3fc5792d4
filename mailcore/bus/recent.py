"""Short lists that all processes share for a while; this process's own when Valkey is away."""

import time

import redis

from mailcore.bus.client import client

_PREFIX = "courier:recent:"
_MOST = 10_000
_own: dict[str, tuple[list[str], float]] = {}


def remember(key: str, value: str, window: int, most: int) -> list[str]:
    """Put `value` on the list of `key` and give the whole list, oldest first.

    It is forgotten `window` seconds after the last value; its newest `most` values are kept.
    """
    try:
        pipeline = client().pipeline(transaction=True)
        pipeline.rpush(_PREFIX + key, value)
        pipeline.ltrim(_PREFIX + key, -most, -1)
        pipeline.expire(_PREFIX + key, window)
        pipeline.lrange(_PREFIX + key, 0, -1)
        return [one.decode() for one in pipeline.execute()[3]]
    except (redis.RedisError, OSError):
        return _remember_own(key, value, window, most)


def _remember_own(key: str, value: str, window: int, most: int) -> list[str]:
    now = time.monotonic()
    if len(_own) > _MOST:
        for stale in [name for name, (_, until) in _own.items() if until <= now]:
            del _own[stale]
    values, until = _own.get(key, ([], 0.0))
    values = [*(values if until > now else []), value][-most:]
    _own[key] = (values, now + window)
    return values
