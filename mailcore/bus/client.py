"""One Valkey connection pool per process.  Losing Valkey never loses mail, only speed."""

import os

import redis
from django.conf import settings

from mailcore.errors import ConfigError

_clients: dict[tuple[int, str], redis.Redis] = {}


def client() -> redis.Redis:
    """The shared synchronous client of this process (COURIER_REDIS_URL)."""
    url: str = settings.COURIER_REDIS_URL
    key = (os.getpid(), url)
    found = _clients.get(key)
    if found is None:
        try:
            found = redis.Redis.from_url(
                url, socket_timeout=2.0, socket_connect_timeout=1.0, health_check_interval=30
            )
        except ValueError as error:
            raise ConfigError(f"COURIER_REDIS_URL: {error}") from None
        _clients[key] = found
    return found
