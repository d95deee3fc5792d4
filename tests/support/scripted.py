"""A server that does what a test says with each connection, however wrong that is."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Play = Callable[[socket.socket], None]


class Scripted:
    """Listens on loopback; `connections` counts what came."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                opened, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._play, args=(opened,), daemon=True).start()

    def _play(self, opened: socket.socket) -> None:
        with contextlib.suppress(OSError), opened:
            self.play(opened)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def scripted(play: Play) -> Iterator[Scripted]:
    """A scripted server for the length of a block."""
    server = Scripted(play)
    try:
        yield server
    finally:
        server.stop()


def answering(greeting: bytes, *exchanges: tuple[bytes, bytes]) -> Play:
    """Greets, then for each exchange waits for a line that has the first and says the second.

    `%t` in an answer is the line's first word.  Afterwards it waits for the other end to go.
    """

    def play(opened: socket.socket) -> None:
        lines = opened.makefile("rb")
        opened.sendall(greeting)
        for wanted, answer in exchanges:
            line = lines.readline()
            while line and wanted not in line:
                line = lines.readline()
            if not line:
                return
            opened.sendall(answer.replace(b"%t", line.split()[0]))
        while lines.readline():
            pass

    return play
