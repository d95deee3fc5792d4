"""A server of ours on a thread of its own, with its own uvloop, on free ports."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import uvloop

from mailcore.server.listener import listen
from mailcore.server.shutdown import Listening, Sessions

Start = Callable[[Mapping[str, list[socket.socket]]], Awaitable[tuple[list[Listening], Sessions]]]


@contextmanager
def running(names: list[str], start: Start) -> Iterator[dict[str, tuple[str, int]]]:
    """Run `start` and serve until the block ends; gives the address of each listener."""
    sockets = {name: listen("127.0.0.1", 0) for name in names}
    addresses = {name: opened[0].getsockname()[:2] for name, opened in sockets.items()}
    loop = uvloop.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()
    trouble: list[BaseException] = []

    async def main() -> None:
        try:
            servers, sessions = await start(sockets)
        except BaseException as error:
            trouble.append(error)
            ready.set()
            return
        ready.set()
        await stop.wait()
        for server in servers:
            server.close()
        for session in list(sessions._open):
            session.abort()
        await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    ready.wait(10)
    if trouble:
        raise trouble[0]
    try:
        yield addresses
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
