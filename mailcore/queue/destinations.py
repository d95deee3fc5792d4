"""What we remember of hosts: which to leave alone, which to talk to in clear."""

import time

from mailcore.queue import database


def rest(transport: str, host: str, until: float, reason: str) -> None:
    """Leave `host` alone until then: none of its servers answers."""
    _remember("rest_until", transport, host, until, reason)


def speak_clear(transport: str, host: str, until: float, reason: str) -> None:
    """STARTTLS with this server fails: do without until then.  Courier's broken-STARTTLS list."""
    _remember("clear_until", transport, host, until, reason)


def be_patient(transport: str, host: str, until: float) -> None:
    """Its batches take long: until then it shares a part of the slots with its like."""
    _remember("slow_until", transport, host, until, "")


def is_clear(transport: str, host: str) -> bool:
    with database.read() as cursor:
        cursor.execute(
            "SELECT 1 FROM queue_destination WHERE transport = %s AND host = %s"
            " AND clear_until > %s",
            (transport, host, time.time()),
        )
        return cursor.fetchone() is not None


def wake(transport: str, host: str) -> None:
    """Forget the rest: an administrator knows better."""
    with database.write() as cursor:
        cursor.execute(
            "UPDATE queue_destination SET rest_until = 0 WHERE transport = %s AND host = %s",
            (transport, host),
        )


def prune(now: float) -> None:
    """Drop what is over."""
    with database.write() as cursor:
        cursor.execute(
            "DELETE FROM queue_destination WHERE rest_until <= %s AND clear_until <= %s"
            " AND slow_until <= %s",
            (now, now, now),
        )


_COLUMNS = ("rest_until", "clear_until", "slow_until")


def _remember(column: str, transport: str, host: str, until: float, reason: str) -> None:
    values = [until if each == column else 0 for each in _COLUMNS]
    with database.write() as cursor:
        cursor.execute(
            f"INSERT INTO queue_destination (transport, host, {', '.join(_COLUMNS)}, reason)"  # noqa: S608
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (transport, host)"
            f" DO UPDATE SET {column} = excluded.{column}, reason = excluded.reason",
            (transport, host, *values, reason[:1000]),
        )
