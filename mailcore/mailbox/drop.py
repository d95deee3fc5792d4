"""INBOX as POP3 sees it: numbered messages with their sizes, as they were at login."""

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mailcore.mailbox import files, rendering
from mailcore.mailbox.index.message_rows import SEEN
from mailcore.mailbox.store import INBOX, MailStore
from mailcore.maildir import uidl


@dataclass(frozen=True, slots=True)
class Drop:
    """One session's view; message n is at index n - 1.  Sizes are octets with CRLF line ends.

    It holds no open file: messages are found by name, and by looking when another session
    has renamed one.  `kept` has the ids that earlier servers gave, by base name.
    """

    path: Path
    uidvalidity: int
    uids: "array[int]"
    sizes: "array[int]"
    seen: bytearray
    bases: list[str]
    file_flags: "array[int]"
    kept: dict[str, str]
    is_dovecots: bool

    def __len__(self) -> int:
        return len(self.uids)

    def unique_id(self, index: int) -> str:
        """The message's UIDL: what its clients know it by, whoever served them before us."""
        known = self.kept.get(self.bases[index]) if self.kept else None
        form = uidl.dovecots if self.is_dovecots else uidl.ours
        return known or form(self.uids[index], self.uidvalidity)

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
    rendering.ensure(store.index, inbox.id)
    drop = Drop(
        inbox.path,
        inbox.summary().uidvalidity,
        array("I"),
        array("Q"),
        bytearray(),
        [],
        array("q"),
        uidl.kept(inbox.path),
        _is_dovecots(store, inbox.path),
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


def _is_dovecots(store: MailStore, path: Path) -> bool:
    """Whether ids have Dovecot's form; decided at the first login, and kept to."""
    form = store.index.get("uidl")
    if form is None:
        form = "dovecot" if uidl.has_dovecots(path) else "courier"
        with store.index.writing():
            store.index.put("uidl", form)
    return form == "dovecot"


def update(store: MailStore, read: list[int], deleted: list[int]) -> None:
    """Mark these UIDs as seen and expunge those; what QUIT does."""
    inbox = store.folder(INBOX)
    if read:
        inbox.set_flags(read, add=["\\Seen"])
    if deleted:
        inbox.expunge(deleted)
