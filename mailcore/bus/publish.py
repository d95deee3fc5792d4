"""Tell other processes that something changed.  Never raises: the bus is a courtesy."""

from pathlib import Path

import redis

from mailcore import log
from mailcore.bus import channels
from mailcore.bus.client import client, is_off

_log = log.get("bus")


def announce_mailbox(maildir: Path) -> None:
    """Mail in the account at `maildir` arrived, changed or went."""
    _publish(channels.mailbox(maildir), b"1")


def announce_mailboxes(maildirs: set[Path]) -> None:
    """The same for a batch of accounts, in one round trip."""
    if is_off():
        return
    try:
        pipeline = client().pipeline(transaction=False)
        for maildir in maildirs:
            pipeline.publish(channels.mailbox(maildir), b"1")
        pipeline.execute()
    except (redis.RedisError, OSError) as error:
        _log.debug("bus.unreachable", error=str(error))


def revision_changed() -> None:
    """Settings or directory have a new revision."""
    _publish(channels.REVISION, b"1")


def claim(key: str, milliseconds: int) -> bool:
    """Whether this process is the first to claim `key` within that time.

    True also when Valkey cannot be asked: better a bell too many than one too few.
    """
    try:
        return bool(client().set(key, b"1", nx=True, px=milliseconds))
    except (redis.RedisError, OSError):
        return True


def release(key: str) -> None:
    """Give a claim back before its time is over."""
    try:
        client().delete(key)
    except (redis.RedisError, OSError) as error:
        _log.debug("bus.unreachable", error=str(error))


def _publish(channel: str, payload: bytes) -> None:
    if is_off():
        return
    try:
        client().publish(channel, payload)
    except (redis.RedisError, OSError) as error:
        _log.debug("bus.unreachable", error=str(error))
