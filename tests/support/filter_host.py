"""A host for mail filters that keeps everything in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mailcore.maildrop.host import (
    Database,
    FilterFailure,
    FilterStopped,
    Included,
    Ran,
    Variables,
)


@dataclass
class MemoryDatabase:
    """A key-value file in memory."""

    rows: dict[bytes, bytes]
    writable: bool
    closed: bool = False

    def fetch(self, key: bytes) -> bytes | None:
        return self.rows.get(key)

    def store(self, key: bytes, value: bytes) -> bool:
        if self.writable:
            self.rows[key] = value
        return self.writable

    def close(self) -> None:
        self.closed = True


@dataclass
class MemoryHost:
    """Files are `files`; programs are `programs`, by their command; the rest is written down."""

    files: dict[bytes, bytes] = field(default_factory=dict)
    trusted: dict[bytes, bytes] = field(default_factory=dict)
    programs: dict[bytes, Ran] = field(default_factory=dict)
    environment: dict[bytes, bytes] = field(default_factory=dict)
    databases: dict[bytes, dict[bytes, bytes]] = field(default_factory=dict)
    delivered: list[tuple[bytes, bytes]] = field(default_factory=list)
    ran: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    locks: list[tuple[str, bytes]] = field(default_factory=list)
    opened: list[MemoryDatabase] = field(default_factory=list)
    output: bytes = b""
    logged: bytes = b""
    log_file: bytes = b""
    clock: int = 1_700_000_000
    checks_left: int = 1_000_000

    def now(self) -> int:
        return self.clock

    def check(self) -> None:
        self.checks_left -= 1
        if self.checks_left < 0:
            raise FilterStopped("Out of time.")

    def original(self, name: bytes) -> bytes | None:
        return self.environment.get(name)

    def include(self, name: bytes) -> Included:
        if name in self.trusted:
            return Included(self.trusted[name], trusted=True)
        return Included(self.lookup_file(name))

    def lookup_file(self, name: bytes) -> bytes:
        if name not in self.files:
            raise FilterFailure(f"Unable to open {name.decode()}.")
        return self.files[name]

    def run(self, command: bytes, variables: Variables, message: bytes | None) -> Ran:
        self.ran.append((command, message))
        return self.programs.get(command, Ran(127))

    def transform(self, command: bytes, variables: Variables, message: bytes) -> bytes:
        self.ran.append((command, message))
        done = self.programs.get(command, Ran(127))
        if done.exit_code:
            raise FilterFailure(f"{command.decode()} ended with {done.exit_code}.")
        return done.output

    def deliver(self, target: bytes, message: bytes, variables: Variables) -> int | None:
        if target.startswith(b"/broken"):
            raise FilterFailure("The mailbox can't be written.")
        self.delivered.append((target, message))
        return self.programs.get(target[1:], Ran(0)).exit_code if target[:1] == b"|" else None

    def echo(self, text: bytes) -> None:
        self.output += text

    def open_log(self, name: bytes) -> None:
        self.log_file = name

    def log(self, text: bytes) -> None:
        self.logged += text

    def say(self, text: str) -> None:
        self.said.append(text)

    @contextmanager
    def lock(self, kind: str, name: bytes) -> Iterator[None]:
        self.locks.append((kind, name))
        yield
        self.locks.append((f"un{kind}", name))

    def open_database(self, name: bytes, mode: str) -> Database | None:
        if name not in self.databases and mode in "RW":
            return None
        rows = self.databases.setdefault(name, {})
        if mode == "N":
            rows.clear()
        database = MemoryDatabase(rows, mode != "R")
        self.opened.append(database)
        return database
