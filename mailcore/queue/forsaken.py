"""Leases of this process under which nobody works, because their beginning broke.

When the database goes away in the middle of a claim its answer is lost, and the lease may stand.
The process lives, so nobody else would take the lease for dead before its time is over.
What breaks in another way is our own fault: then the lease ends by itself, and is counted.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.utils import Error as DatabaseError

_lock = threading.Lock()
_leases: set[int] = set()


@contextmanager
def unless_begun(lease: int) -> Iterator[None]:
    """A database that goes away within forsakes the lease."""
    try:
        yield
    except DatabaseError:
        with _lock:
            _leases.add(lease)
        raise


def waiting() -> list[int]:
    """Leases to give back; none but after trouble."""
    if not _leases:
        return []
    with _lock:
        return list(_leases)


def forget(leases: list[int]) -> None:
    """They were given back."""
    with _lock:
        _leases.difference_update(leases)
