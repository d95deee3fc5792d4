"""Free ports on loopback."""

import itertools
import os
import random
import socket

# Below the range from which the system takes ports for outgoing connections, so that none of
# those is in the way when the server starts; each of several test processes has a share.
_FIRST, _SHARE = 10_000, 5_000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
_start = random.randrange(_SHARE)
_next = (_FIRST + _worker * _SHARE + (_start + at) % _SHARE for at in itertools.count())


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on just now, all different."""
    found: list[int] = []
    while len(found) < count:
        port = next(_next)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found
