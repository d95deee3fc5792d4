"""A session's mailbox: the drop taken at login, what was read and deleted, reading ahead.

The blocking half runs in the store's threads; between commands no file and no index is open.
"""

from array import array
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from mailcore.accounts.retention import keeps_expunged
from mailcore.errors import GrammarError
from mailcore.mailbox import drop as drops
from mailcore.mailbox.drop import Drop
from mailcore.mailbox.store import MailStore
from mailcore.protocol.pop3 import content
from mailcore.server import threads

LARGE = 256 * 1024  # octets; larger messages are streamed
_AHEAD_MESSAGES = 16
_AHEAD_OCTETS = 256 * 1024
_CHUNK = 128 * 1024


class Mailbox:
    """Lives from login to the end of the session."""

    def __init__(self, maildir: Path, drop: Drop, announce: Callable[[Path], None]) -> None:
        self.maildir = maildir
        self.drop = drop
        self._announce = announce
        self._deleted: set[int] = set()
        self._read: set[int] = set()
        self._ahead: dict[int, bytes] = {}
        self.count = len(drop)
        self.octets = sum(drop.sizes)

    @classmethod
    async def open(cls, maildir: Path, announce: Callable[[Path], None]) -> "Mailbox":
        """Raises what the store raises: StoreError, OSError, sqlite3.Error."""
        return cls(maildir, await threads.store.run(_take, maildir), announce)

    def index(self, number: int) -> int:
        """The index of message `number`; GrammarError when there is none or it was deleted."""
        if not 1 <= number <= len(self.drop) or number - 1 in self._deleted:
            raise GrammarError("No such message.")
        return number - 1

    def present(self) -> "array[int]":
        """The indexes of all messages that aren't marked deleted."""
        if not self._deleted:
            return array("I", range(len(self.drop)))
        return array("I", (at for at in range(len(self.drop)) if at not in self._deleted))

    def delete(self, index: int) -> None:
        self._deleted.add(index)
        self.count -= 1
        self.octets -= self.drop.sizes[index]

    def undelete(self) -> None:
        """RSET."""
        self._deleted.clear()
        self.count = len(self.drop)
        self.octets = sum(self.drop.sizes)

    @property
    def deleted(self) -> list[int]:
        return [self.drop.uids[at] for at in sorted(self._deleted)]

    async def wire_form(self, index: int) -> bytes:
        """A message that isn't LARGE, as RETR sends it.  Raises StoreError."""
        found = self._ahead.pop(index, None)
        if found is None:
            self._ahead = await threads.store.run(self._read_ahead, index)
            found = self._ahead.pop(index)
        if not self.drop.seen[index]:
            self._read.add(index)
        return found

    def _read_ahead(self, first: int) -> dict[int, bytes]:
        """Clients fetch in order: one trip to a thread reads the next few messages too."""
        found = {first: content.stuffed(self.drop.read(first))}
        octets = len(found[first])
        for index in range(first + 1, min(first + _AHEAD_MESSAGES, len(self.drop))):
            octets += self.drop.sizes[index]
            if octets > _AHEAD_OCTETS or index in self._deleted:
                break
            try:
                found[index] = content.stuffed(self.drop.read(index))
            except Exception:
                break  # whoever asks for it gets the error
        return found

    async def stream(self, index: int) -> "Stream":
        """A LARGE message, to be sent piece by piece.  Raises StoreError."""
        opened = await threads.store.run(self.drop.open, index)
        if not self.drop.seen[index]:
            self._read.add(index)
        return Stream(opened)

    async def top(self, index: int, lines: int) -> bytes:
        """What TOP sends.  Raises StoreError."""
        return await threads.store.run(self._top, index, lines)

    def _top(self, index: int, lines: int) -> bytes:
        return content.stuffed(content.top(self.drop.read(index), lines))

    async def update(self) -> None:
        """QUIT: what was read is seen, what was deleted goes.  Raises what the store raises."""
        read = [self.drop.uids[at] for at in sorted(self._read - self._deleted)]
        if read or self._deleted:
            await threads.store.run(_update, self.maildir, read, self.deleted, self._announce)


class Stream:
    """A large message on its way out; close it."""

    def __init__(self, opened: BinaryIO) -> None:
        self._opened = opened
        self._stuffer = content.Stuffer()

    async def next(self) -> bytes:
        """The next piece in wire form; empty at the end."""
        chunk = await threads.store.run(self._opened.read, _CHUNK)
        return self._stuffer.feed(chunk) if chunk else b""

    def finish(self) -> bytes:
        return self._stuffer.finish()

    def close(self) -> None:
        self._opened.close()


def _take(maildir: Path) -> Drop:
    with MailStore(maildir) as store:
        return drops.take(store)


def _update(
    maildir: Path, read: list[int], deleted: list[int], announce: Callable[[Path], None]
) -> None:
    with MailStore(maildir, announce=announce, keeps=keeps_expunged) as store:
        drops.update(store, read, deleted)
