"""One end of a conversation in lines: of a client before its login, or of a node before ours."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import cast

from mailcore.server.wire import Wire

# A spliced connection is as quiet as the client: the system finds out who has vanished.
_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 300),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 5),
)


def _nothing() -> None:
    return None


class Speaker(asyncio.Protocol):
    """Lives until the splice begins, or its connection ends; tells when it begins and ends."""

    def __init__(
        self, made: Callable[[], None] = _nothing, lost: Callable[[], None] = _nothing
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.wire: Wire
        self._made, self._lost = made, lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.wire = Wire(self.loop, cast(asyncio.Transport, transport))
        opened = transport.get_extra_info("socket")
        for level, name, value in _KEEPALIVE:
            opened.setsockopt(level, name, value)
        self._made()

    def data_received(self, data: bytes) -> None:
        self.wire.received(data)

    def eof_received(self) -> bool:
        self.wire.ended()
        return not self.secure

    def connection_lost(self, error: Exception | None) -> None:
        self.wire.lost()
        self._lost()

    def pause_writing(self) -> None:
        self.wire.pause_writing()

    def resume_writing(self) -> None:
        self.wire.resume_writing()

    @property
    def ssl_object(self) -> ssl.SSLObject | None:
        found = self.wire.transport.get_extra_info("ssl_object")
        return cast("ssl.SSLObject | None", found)

    @property
    def secure(self) -> bool:
        return self.ssl_object is not None

    async def start_tls(
        self, context: ssl.SSLContext, seconds: float, *, server_hostname: str | None = None
    ) -> None:
        """Change to TLS; we are the server unless `server_hostname` says whom we called.

        What came ahead in the clear is forgotten.  Raises OSError when the handshake fails.
        """
        self.wire.flush()
        self.wire.discard_input()
        upgraded = await self.loop.start_tls(
            self.wire.transport,
            self,
            context,
            server_side=server_hostname is None,
            server_hostname=server_hostname,
            ssl_handshake_timeout=seconds,
        )
        if upgraded is None:
            raise ConnectionError("the connection was lost during the handshake")
        self.wire.transport = upgraded
