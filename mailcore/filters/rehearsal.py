"""A host for trying filters: says what a filter would do, and does none of it."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from mailcore.filters import home_files
from mailcore.maildrop.host import Database, FilterStopped, Included, Ran, Variables

_SECONDS = 60.0


class Rehearsal:
    """Lives for one run.  `tell` is given each thing that would be done, as a line."""

    def __init__(
        self, home: Path, environment: Mapping[bytes, bytes], tell: Callable[[str], None]
    ) -> None:
        self.output = b""
        self._home = home
        self._environment = environment
        self._tell = tell
        self._until = time.monotonic() + _SECONDS

    def now(self) -> int:
        return int(time.time())

    def check(self) -> None:
        if time.monotonic() > self._until:
            raise FilterStopped("It took too long.")

    def original(self, name: bytes) -> bytes | None:
        return self._environment.get(name)

    def include(self, name: bytes) -> Included:
        return home_files.include(self._home, name)

    def lookup_file(self, name: bytes) -> bytes:
        return home_files.lookup_file(self._home, name)

    def open_database(self, name: bytes, mode: str) -> Database | None:
        """Whatever it asks for, a file of keys is only read."""
        return home_files.open_database(self._home, name, "R")

    def run(self, command: bytes, variables: Variables, message: bytes | None) -> Ran:
        self._say("run", command)
        return Ran(0)

    def transform(self, command: bytes, variables: Variables, message: bytes) -> bytes:
        self._say("filter through", command)
        return message

    def deliver(self, target: bytes, message: bytes, variables: Variables) -> int | None:
        self._say("deliver to", target)
        return 0 if target.startswith(b"|") else None

    def echo(self, text: bytes) -> None:
        self.output += text

    def open_log(self, name: bytes) -> None:
        self._say("log to", name)

    def log(self, text: bytes) -> None:
        self._say("log", text.rstrip(b"\n"))

    def say(self, text: str) -> None:
        self._tell(text)

    def lock(self, kind: str, name: bytes) -> AbstractContextManager[None]:
        self._say(kind, name)
        return nullcontext()

    def _say(self, what: str, value: bytes) -> None:
        self._tell(f"{what}: {value.decode('utf-8', 'replace')}")
