"""Hear of mailbox changes: one subscription per server process, on its event loop.

The callbacks run on the loop and must be quick.  Whenever a subscription begins to hold,
the first one as well as one after Valkey was away, its watchers are called once: anything
may have happened just before.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import redis
import redis.asyncio as aioredis
from redis.asyncio.client import PubSub

from mailcore import log
from mailcore.bus import channels

Callback = Callable[[], None]
Token = tuple[str, Callback]

RECONNECT_SECONDS = 1.0


class MailboxFeed:
    """`watch` and `unwatch` from the loop's thread only."""

    def __init__(self, url: str) -> None:
        """Without a URL there is no bus: nobody is ever called."""
        self._redis = aioredis.Redis.from_url(url, socket_connect_timeout=2.0) if url else None
        self._watchers: dict[str, list[Callback]] = {}
        self._pubsub: PubSub | None = None
        self._task: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self.connected = False
        self._log = log.get("bus")

    @property
    def is_off(self) -> bool:
        """Whether there is no bus at all."""
        return self._redis is None

    async def start(self) -> None:
        """Begin listening; never fails, never waits for Valkey."""
        if self._redis is not None:
            self._task = asyncio.create_task(self._run(self._redis))

    async def stop(self) -> None:
        task = self._task
        while task is not None and not task.done():
            # redis-py turns a cancellation while it connects into an error of its own.
            task.cancel()
            await asyncio.wait({task}, timeout=1.0)
        if self._redis is not None:
            await self._redis.aclose()

    def watch(self, maildir: Path, callback: Callback) -> Token:
        """Call `callback` whenever the account at `maildir` changes.

        The first watcher of an account is also called when watching has begun.
        """
        channel = channels.mailbox(maildir)
        known = channel in self._watchers
        self._watchers.setdefault(channel, []).append(callback)
        if not known:
            self._wanted.set()
        return channel, callback

    def unwatch(self, token: Token) -> None:
        channel, callback = token
        watchers = self._watchers.get(channel, [])
        if callback in watchers:
            watchers.remove(callback)
        if not watchers:
            self._watchers.pop(channel, None)
            self._wanted.set()

    async def _run(self, client: aioredis.Redis) -> None:
        while True:
            try:
                await self._listen(client)
            except (redis.RedisError, OSError, AttributeError) as error:
                # redis-py has no writer any more when the other half has just disconnected.
                self._log.debug("bus.unreachable", error=str(error))
            self.connected = False
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self, client: aioredis.Redis) -> None:
        # The revision channel keeps the subscription from being empty, which redis-py
        # treats as "not connected".
        async with client.pubsub() as pubsub:
            await pubsub.subscribe(channels.REVISION)
            self.connected = True
            subscribed: set[str] = set()
            self._wanted.set()
            halves = [
                asyncio.create_task(self._adjust(pubsub, subscribed)),
                asyncio.create_task(self._hear(pubsub)),
            ]
            try:
                ended, _ = await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
                for half in ended:
                    half.result()  # raises why
            finally:
                for half in halves:
                    half.cancel()
                await asyncio.gather(*halves, return_exceptions=True)

    async def _hear(self, pubsub: PubSub) -> None:
        async for message in pubsub.listen():
            if message["type"] in ("message", "subscribe"):
                self._tell(message["channel"].decode())

    async def _adjust(self, pubsub: PubSub, subscribed: set[str]) -> None:
        """Keep what Valkey sends us equal to what somebody here watches."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            wanted = set(self._watchers)
            if new := wanted - subscribed:
                await pubsub.subscribe(*new)
            if old := subscribed - wanted:
                await pubsub.unsubscribe(*old)
            subscribed.clear()
            subscribed.update(wanted)

    def _tell(self, channel: str) -> None:
        for callback in list(self._watchers.get(channel, ())):
            callback()
