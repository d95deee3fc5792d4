"""How many connections this process has to one network; a provider's many domains share it."""

import ipaddress
import threading
import time
from collections import Counter
from collections.abc import Callable

IPV4_PREFIX, IPV6_PREFIX = 24, 48


def network(address: str) -> str:
    """The /24 or /48 an address is in."""
    prefix = IPV6_PREFIX if ":" in address else IPV4_PREFIX
    return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))


class Crowd:
    """Counts of connections by network."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._counts: Counter[str] = Counter()

    def enter(self, address: str, limit: int, patience: float) -> Callable[[], None]:
        """Take a place, waiting for one up to `patience` seconds; returns what gives it back.

        Raises TimeoutError.  Giving back twice is harmless.
        """
        place = network(address)
        until = time.monotonic() + patience
        with self._changed:
            while self._counts[place] >= limit:
                if not self._changed.wait(until - time.monotonic()):
                    raise TimeoutError(f"{limit} connections to {place} already")
            self._counts[place] += 1
        left = False

        def leave() -> None:
            nonlocal left
            with self._changed:
                if not left:
                    left = True
                    self._counts[place] -= 1
                    self._changed.notify_all()

        return leave

    def is_full(self, address: str, limit: int) -> bool:
        with self._changed:
            return self._counts[network(address)] >= limit
