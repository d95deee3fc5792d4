"""INBOX as POP3 sees it: numbered messages with their sizes, as they were at login."""

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mailcore.mailbox import files
from mailcore.mailbox.index.message_rows import SEEN
from mailcore.mailbox.store import INBOX, MailStore


@dataclass(frozen=True, slots=True)
class Drop:
    """One session's view; message n is at index n - 1.  Sizes are octets with CRLF line ends.

    It holds no open file: messages are found by name, and by looking when another session
    has renamed one.
    """

    path: Path
    uidvalidity: int
    uids: "array[int]"
    sizes: "array[int]"
    seen: bytearray
    bases: list[str]
    file_flags: "array[int]"

    def __len__(self) -> int:
        return len(self.uids)

    def read(self, index: int) -> bytes:
        """The message as it lies on disk; StoreError when it is gone."""
        return files.read(self.path, self.bases[index], self.file_flags[index])

    def open(self, index: int) -> BinaryIO:
        """The same as an open file; StoreError when it is gone."""
        return files.open_file(self.path, self.bases[index], self.file_flags[index])


def take(store: MailStore) -> Drop:
    """INBOX as it is now."""
    inbox = store.folder(INBOX)
    inbox.sync()
    drop = Drop(
        inbox.path,
        inbox.summary().uidvalidity,
        array("I"),
        array("Q"),
        bytearray(),
        [],
        array("q"),
    )
    for uid, size, flags, base, file_flags in store.index.execute(
        "SELECT uid, size, flags, base, file_flags FROM messages WHERE folder = ? ORDER BY uid",
        (inbox.id,),
    ):
        drop.uids.append(uid)
        drop.sizes.append(size)
        drop.seen.append(bool(flags & SEEN))
        drop.bases.append(base)
        drop.file_flags.append(file_flags)
    return drop


def update(store: MailStore, read: list[int], deleted: list[int]) -> None:
    """Mark these UIDs as seen and expunge those; what QUIT does."""
    inbox = store.folder(INBOX)
    if read:
        inbox.set_flags(read, add=["\\Seen"])
    if deleted:
        inbox.expunge(deleted)
