"""Wait for the news that settings or directory changed."""

import time

import redis
from redis.client import PubSub

from mailcore.bus import channels


class RevisionBell:
    """A subscription of the watching thread's own; survives Valkey going away."""

    def __init__(self, url: str) -> None:
        """Without a URL there is no bus, and no bell ever rings."""
        self._redis = redis.Redis.from_url(url, socket_connect_timeout=1.0) if url else None
        self._pubsub: PubSub | None = None

    def wait(self, seconds: float) -> None:
        """Return when the bell rings, or after `seconds` at the latest."""
        if self._redis is None:
            time.sleep(seconds)
            return
        deadline = time.monotonic() + seconds
        try:
            if self._pubsub is None:
                self._pubsub = self._redis.pubsub(  # type: ignore[no-untyped-call]  # redis-py has no types here
                    ignore_subscribe_messages=True
                )
                self._pubsub.subscribe(channels.REVISION)
            while (left := deadline - time.monotonic()) > 0:
                if self._pubsub.get_message(timeout=left) is not None:
                    return
        except (redis.RedisError, OSError):
            self._pubsub = None
            time.sleep(max(0.0, deadline - time.monotonic()))
