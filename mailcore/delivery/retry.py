"""When to try again, when to warn, when to give up.  Pure.  Courier retryalpha … warntime."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """Courier's retry settings; durations in seconds."""

    alpha: int = 300
    beta: int = 3
    gamma: int = 900
    maxdelta: int = 3


def pause(attempts: int, schedule: Schedule) -> int:
    """Seconds until the next attempt, after `attempts` of them (at least 1).

    Gaps with the defaults, in minutes: 5, 5, 30, 5, 5, 60, 5, 5, 120, 5, 5, 120, …  The first long
    gap is twice gamma, as in Courier's code (its manual says gamma).
    """
    if attempts % schedule.beta:
        return schedule.alpha
    doublings = min(attempts // schedule.beta, schedule.maxdelta)
    return int(schedule.gamma * 2**doublings)


def has_expired(expires_at: float, now: float) -> bool:
    """Asked only when an attempt has ended, so mail may outlive its time by one gap."""
    return now >= expires_at


def is_late(warn_at: float, now: float) -> bool:
    """Whether the sender should be warned; `warn_at` 0 means never, or not again."""
    return bool(warn_at) and now >= warn_at
