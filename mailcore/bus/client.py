"""One Valkey connection pool per process.  Losing Valkey never loses mail, only speed."""

import os

import redis
from django.conf import settings

from mailcore.errors import ConfigError

_clients: dict[tuple[int, str], redis.Redis] = {}


class NoBus(redis.ConnectionError):
    """This process was told to live without a bus."""


def is_off() -> bool:
    """Whether this process lives without a bus: then nobody is told, and nothing is tried."""
    return not settings.COURIER_REDIS_URL


def go_without() -> None:
    """Live without a bus from now on; before anything has asked for it."""
    settings.COURIER_REDIS_URL = ""


def client() -> redis.Redis:
    """The shared synchronous client of this process (COURIER_REDIS_URL).

    Raises NoBus when there is to be none.
    """
    if is_off():
        raise NoBus
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
