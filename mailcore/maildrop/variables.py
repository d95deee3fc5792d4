"""A run's variables, bounded in size."""

from collections.abc import Iterator, Mapping

from mailcore.maildrop.host import FilterFailure
from mailcore.maildrop.limits import Limits

DEFAULTS: Mapping[bytes, bytes] = {
    b"SHELL": b"/bin/sh",
    b"PATH": b"/bin:/usr/bin:/usr/local/bin",
    b"LOCKEXT": b".lock",
    b"LOCKSLEEP": b"5",
    b"LOCKTIMEOUT": b"60",
    b"LOCKREFRESH": b"15",
    b"SENDMAIL": b"/usr/sbin/sendmail -oi",
    b"UMASK": b"077",
    b"EXITCODE": b"0",
}
"""What every run begins with, whatever the environment says."""


class Store(Mapping[bytes, bytes]):
    """Names and values, also to be exported to programs."""

    def __init__(self, limits: Limits, initial: Mapping[bytes, bytes]) -> None:
        self._limits = limits
        self._values: dict[bytes, bytes] = {}
        self._octets = 0
        for name, value in initial.items():
            self.set(name, value)

    def __getitem__(self, name: bytes) -> bytes:
        return self._values[name]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def set(self, name: bytes, value: bytes) -> None:
        """Raises FilterFailure when it is too much."""
        if len(value) > self._limits.value or len(name) > self._limits.value:
            raise FilterFailure(f"A variable longer than {self._limits.value} octets.")
        self.unset(name)
        self._octets += len(name) + len(value) + 64
        if self._octets > self._limits.memory:
            raise FilterFailure(f"Variables of more than {self._limits.memory} octets.")
        self._values[name] = value

    def unset(self, name: bytes) -> None:
        old = self._values.pop(name, None)
        if old is not None:
            self._octets -= len(name) + len(old) + 64
