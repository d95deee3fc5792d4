"""Mail on its way from one store to another: what sources and targets agree on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from mailcore.errors import MailError

BATCH = 100
BATCH_OCTETS = 8 << 20


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, not read yet; `date` in seconds.

    `token` is the same whenever this message is met again; `place` tells its source where it is.
    """

    token: str
    flags: frozenset[str]
    date: int
    size: int
    place: str
    message_id: str = ""


class FolderRefused(MailError):
    """This folder cannot be opened or made; the others may be."""


class Source(Protocol):
    """Where mail comes from; folders are called as ours are: INBOX, INBOX.Sent."""

    def folders(self) -> list[str]: ...

    def subscribed(self) -> set[str]: ...

    def open(self, folder: str) -> int:
        """Turn to a folder; about how many messages it has.  Raises FolderRefused."""
        ...

    def letters(self) -> Iterator[Letter]:
        """The messages of the open folder."""
        ...

    def load(self, chosen: Sequence[Letter]) -> Iterator[tuple[Letter, bytes]]:
        """Some of them with their contents; those that are gone meanwhile are left out."""
        ...


class Target(Protocol):
    """Where mail goes."""

    def begin(self, folder: str) -> None:
        """Turn to a folder, made when it is missing.  Raises FolderRefused."""
        ...

    def has(self, letter: Letter) -> bool:
        """Whether an earlier run, or somebody else, has brought it there."""
        ...

    def put(self, letters: Iterable[tuple[Letter, bytes]]) -> None:
        """Add messages; they are there to stay when it returns."""
        ...

    def finish(self) -> None:
        """The folder is complete."""
        ...

    def subscribe(self, folders: Iterable[str]) -> None: ...


def batches(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    """Letters in groups that fit into memory."""
    batch: list[Letter] = []
    octets = 0
    for letter in letters:
        if batch and (len(batch) >= BATCH or octets + letter.size > BATCH_OCTETS):
            yield batch
            batch, octets = [], 0
        batch.append(letter)
        octets += letter.size
    if batch:
        yield batch
