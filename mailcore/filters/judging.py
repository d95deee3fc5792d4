"""Let an account's filter judge while the peer waits: exit code and words, nothing done.

Courier's maildrop -M, "embedded mode": the filter may look at files of its home and say
something; it delivers, writes and runs nothing.
"""

import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from mailcore import log
from mailcore.filters import home_files, instructions
from mailcore.maildrop import interpreter
from mailcore.maildrop.host import (
    Database,
    FilterFailure,
    FilterStopped,
    Included,
    Ran,
    Variables,
)
from mailcore.maildrop.limits import Limits
from mailcore.maildrop.tree import Block

_LIMITS = Limits(steps=300_000, output=8_192, deliveries=0)

_log = log.get("filters")


@dataclass(frozen=True, slots=True)
class Case:
    """What a filter is asked: about which message, with which arguments and environment.

    `seconds` is how long it may take.
    """

    message: bytes
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """How it ended, and what it said."""

    exit_code: int
    text: str


def find(home: Path, name: str) -> Path | None:
    """The file that speaks for `name`, perhaps a `-default`; None when there is none.

    Raises FilterFailure when the directory must not or can't be used.
    """
    directory = home / instructions.DIRECTORY
    try:
        there = {path.name for path in directory.iterdir()}
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise FilterFailure(f"{directory.name} can't be read.") from problem
    for candidate in instructions.candidates(name):
        if candidate in there:
            instructions.check_directory(directory)
            return directory / candidate
    return None


def judge(home: Path, block: Block, name: str, case: Case) -> Judgement:
    """Run a filter that was asked for as `name`.  Raises FilterFailure.  Blocks."""
    environment = {key.encode(): _octets(each) for key, each in (case.environment or {}).items()}
    host = _Host(home, environment, time.monotonic() + case.seconds)
    variables = {b"HOME": os.fsencode(home), b"MAILFILTER": _octets(name)}
    for number, argument in enumerate(case.arguments, 1):
        variables[b"%d" % number] = _octets(argument)
    variables[b"FROM"] = environment.get(b"SENDER", b"")
    result = interpreter.run(block, case.message, host, variables, embedded=True, limits=_LIMITS)
    return Judgement(result.exit_code, host.output.decode("utf-8", "replace").strip())


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class _Host:
    """The world outside for a filter that may only look."""

    def __init__(self, home: Path, environment: Mapping[bytes, bytes], until: float) -> None:
        self.output = b""
        self._home = home
        self._environment = environment
        self._until = until

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
        return home_files.open_database(self._home, name, mode)

    def echo(self, text: bytes) -> None:
        self.output += text

    def say(self, text: str) -> None:
        _log.info("filter.said", home=self._home.name, text=text)

    # An administrator's file may ask for these; while a peer waits nobody gets them.

    def run(self, command: bytes, variables: Variables, message: bytes | None) -> Ran:
        raise FilterFailure("Programs don't run while the peer waits.")

    def transform(self, command: bytes, variables: Variables, message: bytes) -> bytes:
        raise FilterFailure("Programs don't run while the peer waits.")

    def deliver(self, target: bytes, message: bytes, variables: Variables) -> int | None:
        raise FilterFailure("Nothing is delivered while the peer waits.")

    def open_log(self, name: bytes) -> None:
        raise FilterFailure("No log is written while the peer waits.")

    def log(self, text: bytes) -> None:
        raise FilterFailure("No log is written while the peer waits.")

    def lock(self, kind: str, name: bytes) -> AbstractContextManager[None]:
        raise FilterFailure("Nothing is locked while the peer waits.")
