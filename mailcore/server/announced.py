"""Reading a balancer's announcement, whatever the octets come through."""

from collections.abc import Awaitable, Callable

from mailcore.errors import GrammarError
from mailcore.protocol import proxy
from mailcore.protocol.proxy import Announced

SECONDS = 15.0
_FIRST = 12  # octets both versions have

Read = Callable[[int], Awaitable[bytes]]  # exactly so many octets


async def read(read: Read) -> Announced | None:
    """The announcement, and not an octet more; None: the balancer speaks for itself.

    Raises GrammarError, and what `read` raises.
    """
    first = await read(_FIRST)
    if first == proxy.SIGNATURE:
        head = first + await read(proxy.HEAD - _FIRST)
        return proxy.parse_binary(head, await read(proxy.length(head)))
    if not first.startswith(b"PROXY "):
        raise GrammarError("not a PROXY line")
    line = first
    while not line.endswith(b"\n"):
        if len(line) >= proxy.MAX_LINE:
            raise GrammarError("not a PROXY line")
        line += await read(1)
    return proxy.parse(line)
