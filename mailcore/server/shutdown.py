"""An orderly end: SIGTERM drains, SIGHUP reloads.

Draining stops accepting, tells every session, gives them time to finish what they are
at, and cuts off the rest.
"""

import asyncio
import signal
from collections.abc import Callable, Iterable
from typing import Protocol

from mailcore import log

GRACE_SECONDS = 10.0


class Session(Protocol):
    """What a connection must offer to be drained."""

    def drain(self) -> None:
        """End now if idle, else after the current transaction."""

    def abort(self) -> None:
        """Drop the connection at once."""


class Listening(Protocol):
    """What accepts connections."""

    def close(self) -> None:
        """Accept no more."""


class Sessions:
    """The open sessions of one server process; lives as long as its loop."""

    def __init__(self) -> None:
        self._open: set[Session] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._stop = asyncio.Event()
        self.draining = False

    def __len__(self) -> int:
        return len(self._open)

    def all(self) -> list[Session]:
        """The open sessions now."""
        return list(self._open)

    def add(self, session: Session) -> None:
        self._open.add(session)
        self._empty.clear()

    def remove(self, session: Session) -> None:
        self._open.discard(session)
        if not self._open:
            self._empty.set()

    def stop(self) -> None:
        """Begin to drain; what SIGTERM does."""
        self._stop.set()

    async def until_stopped(
        self,
        servers: Iterable[Listening],
        *,
        reload: Callable[[], None] | None = None,
        grace: float = GRACE_SECONDS,
    ) -> None:
        """Serve until SIGTERM or SIGINT, then drain within `grace` seconds.

        `reload` is called for each SIGHUP, on the loop.
        """
        loop = asyncio.get_running_loop()
        logger = log.get("server")
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        if reload is not None:
            loop.add_signal_handler(signal.SIGHUP, reload)
        await self._stop.wait()
        self.draining = True
        for server in servers:
            server.close()
        logger.info("server.draining", sessions=len(self._open))
        for session in list(self._open):
            session.drain()
        try:
            await asyncio.wait_for(self._empty.wait(), grace)
        except TimeoutError:
            logger.warning("server.cut_off", sessions=len(self._open))
            for session in list(self._open):
                session.abort()
