"""What one run of a filter knows and has used up."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailcore.maildrop.host import Database, FilterFailure, FilterStopped, Host
from mailcore.maildrop.letter import Letter
from mailcore.maildrop.limits import Limits
from mailcore.maildrop.variables import DEFAULTS, Store

COST = 100  # steps of whatever the host is asked for
_CHECK_EVERY = 2_000  # steps


@dataclass(slots=True)
class File:
    """One file of instructions being run; each may have a database open."""

    embedded: bool
    database: Database | None = None


class State:
    """Lives for one run.  `letter` is the message as it now is."""

    def __init__(
        self,
        message: bytes,
        host: Host,
        variables: Mapping[bytes, bytes],
        limits: Limits,
        *,
        embedded: bool,
    ) -> None:
        self.host = host
        self.limits = limits
        self.variables = Store(limits, {**DEFAULTS, **variables})
        self.files = [File(embedded)]
        self.depth = 0
        self.deliveries = 0
        self._steps = 0
        self._unchecked = 0
        self._output = 0
        self.letter = Letter(message)
        self.take_message(message)

    def take_message(self, message: bytes) -> None:
        """Go on with this message."""
        self.letter = Letter(message)
        self.variables.set(b"SIZE", b"%d" % len(message))
        self.variables.set(b"LINES", b"%d" % self.letter.line_count)

    @property
    def file(self) -> File:
        return self.files[-1]

    def get(self, name: bytes) -> bytes:
        return self.variables.get(name, b"")

    def spend(self, steps: int = 1) -> None:
        """Count work done.  Raises FilterStopped when it was too much, or took too long."""
        self._steps += steps
        self._unchecked += steps
        if self._steps > self.limits.steps:
            raise FilterStopped(f"Stopped after {self.limits.steps} steps.")
        if self._unchecked >= _CHECK_EVERY:
            self._unchecked = 0
            self.host.check()

    def spend_search(self, subject: bytes, instructions: int) -> None:
        """Count a search for a pattern of so many instructions.

        Raises FilterFailure before one that could take seconds, FilterStopped as `spend` does.
        """
        work = len(subject) * instructions
        if work > self.limits.search:
            raise FilterFailure("Too long a text for so long a pattern.")
        self.spend(1 + (work >> 14))

    def spend_output(self, text: bytes) -> None:
        self._output += len(text)
        if self._output > self.limits.output:
            raise FilterStopped(f"Stopped after {self.limits.output} octets of output.")

    def permit(self, what: str) -> None:
        """Raises FilterFailure where only judging is allowed: in filters at SMTP time."""
        if self.file.embedded:
            raise FilterFailure(f"{what} is not allowed here.")

    def close_database(self) -> None:
        """Close this file's database, if one is open."""
        database, self.file.database = self.file.database, None
        if database is not None:
            database.close()
