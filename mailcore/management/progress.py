"""A line on the terminal that says how far it is; silent where nobody watches."""

import time
from types import TracebackType
from typing import Self, TextIO

from mailcore.management.verbs import plain
from mailcore.migration.mail.carry import Tally

_WIDTH = 24
_EVERY = 0.1  # seconds


class Progress:
    """`with Progress(stderr) as progress: … progress.show(folder, done, total, tally)`."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._wanted = out.isatty()
        self._next = 0.0

    def show(self, folder: str, done: int, total: int, tally: Tally) -> None:
        """Draw it anew, not too often; the end of a folder always."""
        now = time.monotonic()
        if not self._wanted or (now < self._next and done < total):
            return
        self._next = now + _EVERY
        self._out.write("\r\x1b[K" + line(folder, done, total, tally.octets))
        self._out.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._wanted:
            self._out.write("\r\x1b[K")
            self._out.flush()


def line(folder: str, done: int, total: int, octets: int) -> str:
    """`INBOX.Sent  [######······]  512/1024  3.1 MB`."""
    full = _WIDTH * done // total if total else _WIDTH
    bar = "#" * full + "·" * (_WIDTH - full)
    return f"{plain(folder)[:40]}  [{bar}]  {done}/{total}  {octets / 1e6:.1f} MB"
