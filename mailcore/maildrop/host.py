"""What a running filter asks of the world outside: files, programs, clocks, mailboxes.

The interpreter itself does none of it.  A host that can't or won't do something raises
FilterFailure, which an `exception` block catches.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from mailcore.errors import MailError


class FilterFailure(MailError):
    """A filter went wrong: mail is put off.  The text is for the filter's owner."""


class FilterStopped(FilterFailure):
    """It was stopped (out of time or of steps); no `exception` block catches that."""


Variables = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended, and what it wrote."""

    exit_code: int
    output: bytes = b""


@dataclass(frozen=True, slots=True)
class Included:
    """A file of instructions.  `trusted`: it is the administrator's, so nothing is forbidden it."""

    source: bytes
    trusted: bool = False


class Database(Protocol):
    """An open key-value file (gdbm)."""

    def fetch(self, key: bytes) -> bytes | None: ...

    def store(self, key: bytes, value: bytes) -> bool:
        """Whether it could be stored: not when the file is open for reading only."""
        ...

    def close(self) -> None: ...


class Host(Protocol):
    """Everything a filter may ask for.  Each may raise FilterFailure."""

    def now(self) -> int:
        """Seconds since 1970."""
        ...

    def check(self) -> None:
        """Asked now and then: raises FilterStopped when the run's time is over."""
        ...

    def original(self, name: bytes) -> bytes | None:
        """A variable of the environment the run began in (`import`)."""
        ...

    def include(self, name: bytes) -> Included: ...

    def lookup_file(self, name: bytes) -> bytes:
        """The content of a file of patterns."""
        ...

    def run(self, command: bytes, variables: Variables, message: bytes | None) -> Ran:
        """A shell command; `message` is its standard input, None for nothing."""
        ...

    def transform(self, command: bytes, variables: Variables, message: bytes) -> bytes:
        """What a command makes of the message (`xfilter`)."""
        ...

    def deliver(self, target: bytes, message: bytes, variables: Variables) -> int | None:
        """Deliver to a mailbox, `!addresses` or `|command`, whose exit code is returned."""
        ...

    def echo(self, text: bytes) -> None: ...

    def open_log(self, name: bytes) -> None: ...

    def log(self, text: bytes) -> None: ...

    def say(self, text: str) -> None:
        """What is wrong and yet no failure, for the filter's owner."""
        ...

    def lock(self, kind: str, name: bytes) -> AbstractContextManager[None]:
        """Hold a `dotlock` or `flock`."""
        ...

    def open_database(self, name: bytes, mode: str) -> Database | None:
        """A gdbm file, opened for R(ead), W(rite), C(reate) or N(ew); None when it can't be."""
        ...
