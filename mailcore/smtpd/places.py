"""The sockets of listeners that the settings add, opened and closed as the settings change."""

import asyncio
from collections.abc import Awaitable, Callable

from mailcore import log
from mailcore.errors import ConfigError
from mailcore.server.listener import listen
from mailcore.server.shutdown import Listening
from mailcore.smtpd import listeners
from mailcore.smtpd.listeners import Listener

_log = log.get("smtpd")

Start = Callable[..., Awaitable[Listening]]  # (kind, socket)
Wanted = tuple[str, int, Listener]  # address, port, whose


class Places:
    """What is bound beside the standard ports; lives as long as its server.

    An address that can't be had is told in the log and tried again at the next SIGHUP; the
    other listeners don't suffer for it.
    """

    def __init__(self, start: Start) -> None:
        self._start = start
        self._open: dict[Wanted, list[Listening]] = {}
        self._following: asyncio.Task[None] | None = None

    async def follow(self, lines: tuple[str, ...]) -> None:
        """Open what the settings have and we haven't, close what they don't have any more."""
        for problem in listeners.problems(lines):
            _log.error("listener.unusable", error=problem)
        wanted = {
            (place.address, place.port, extra.listener)
            for extra in listeners.extras(lines).values()
            for place in extra.places
            if place.port
        }
        for gone in self._open.keys() - wanted:
            for one in self._open.pop(gone):
                one.close()
        for new in wanted - self._open.keys():
            address, port, listener = new
            try:
                opened = listen(address, port)
            except ConfigError as error:
                _log.error("listener.unusable", name=listener.name, error=str(error))
                continue
            self._open[new] = [await self._start(listener, one) for one in opened]

    def follow_soon(self, lines: tuple[str, ...]) -> None:
        """The same from a signal's handler."""
        self._following = asyncio.get_running_loop().create_task(self.follow(lines))

    def close(self) -> None:
        for opened in self._open.values():
            for one in opened:
                one.close()
        self._open.clear()
