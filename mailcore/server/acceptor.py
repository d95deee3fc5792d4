"""Accepting by hand where something comes before TLS: a balancer's word, a certificate to choose.

The event loop's own accepting hands a connection straight to TLS.  Here each new socket first
goes to `begin`, which may read from it and then gives it to the loop.
"""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable

from mailcore import log

_PAUSE = 0.5  # seconds, when the process may open no more files
_FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_log = log.get("server")

Begin = Callable[[socket.socket], Awaitable[None]]


class Acceptor:
    """Takes connections from a listening socket until it is closed."""

    def __init__(self, listening: socket.socket, begin: Begin) -> None:
        self._socket = listening
        self._begin = begin
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[None]] = set()
        self._task = self._loop.create_task(self._accept())

    async def _accept(self) -> None:
        while True:
            try:
                accepted, _ = await self._loop.sock_accept(self._socket)
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                _log.error("server.full", error=str(error))
                await asyncio.sleep(_PAUSE)
                continue
            accepted.setblocking(False)
            task = self._loop.create_task(self._run(accepted))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)

    async def _run(self, accepted: socket.socket) -> None:
        try:
            await self._begin(accepted)
        except Exception as error:  # a handshake that failed, a balancer that said nothing
            _log.info("session.unbegun", error=repr(error))
            accepted.close()

    def close(self) -> None:
        """Take no more connections; those begun go on."""
        self._task.cancel()
        self._socket.close()


async def exactly(opened: socket.socket, count: int) -> bytes:
    """So many octets.  Raises ConnectionError when the peer goes before."""
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < count:
        piece = await loop.sock_recv(opened, count - len(data))
        if not piece:
            raise ConnectionError("the peer went away")
        data += piece
    return data
