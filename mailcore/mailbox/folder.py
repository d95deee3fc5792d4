"""One mailbox of an account: its messages, their flags, their removal."""

import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from mailcore.errors import StoreError
from mailcore.mailbox import addition, evaluate, files, flags, listing, removal, sync, transfer
from mailcore.mailbox.addition import Addition, Replaced
from mailcore.mailbox.index import folder_rows, message_rows
from mailcore.mailbox.index.database import Index
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.index.message_rows import DELETED, Ranges
from mailcore.mailbox.info import FolderInfo, info
from mailcore.mailbox.listing import MessageRow, Position
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.render import with_crlf
from mailcore.mailbox.search import Query
from mailcore.mailbox.uid_ranges import ranges
from mailcore.maildir import folders
from mailcore.maildir import quota as maildir_quota
from mailcore.maildir.quota import NO_QUOTA, Quota


class Folder:
    """A view of one folder through an open index; as short-lived as that."""

    __slots__ = ("announce", "id", "index", "keeps", "name", "path", "row_then")

    def __init__(
        self,
        index: Index,
        row: FolderRow,
        announce: Callable[[Path], None],
        keeps: Callable[[], bool],
    ) -> None:
        self.index = index
        self.id = row.id
        self.row_then = row
        self.name = row.name
        self.path = index.maildir / row.directory
        self.announce = announce
        self.keeps = keeps

    # Reading

    def row_now(self) -> FolderRow:
        """The folder's row; raises MailboxMissing when it was deleted meanwhile."""
        found = folder_rows.by_id(self.index, self.id)
        if found is None:
            raise MailboxMissing("Mailbox does not exist.")
        return found

    def sync(self, *, thorough: bool = False) -> bool:
        """Take in what others did to the Maildir; True when there was something."""
        return sync.sync(self.index, self.id, thorough=thorough)

    def summary(self) -> FolderInfo:
        return info(self.row_now())

    def uids(self) -> "array[int]":
        """All UIDs, ascending: position 0 is sequence number 1."""
        return array(
            "I",
            [
                uid
                for (uid,) in self.index.execute(
                    "SELECT uid FROM messages WHERE folder = ? ORDER BY uid", (self.id,)
                )
            ],
        )

    def page(
        self,
        before: Position | None = None,
        limit: int = 50,
        *,
        newest_first: bool = True,
        unseen_only: bool = False,
    ) -> list[MessageRow]:
        """The next `limit` messages by arrival, from `before` (None: from the beginning) on."""
        return listing.page(
            self.index, self.id, before, limit, newest_first=newest_first, unseen_only=unseen_only
        )

    def row(self, uid: int) -> MessageRow | None:
        """One message's row, None when it is not there."""
        found = listing.rows(self.index, self.id, [uid])
        return found[0] if found else None

    def rows(self, uids: Sequence[int]) -> list[MessageRow]:
        """The rows of these messages, in that order, without those that are gone."""
        return listing.rows(self.index, self.id, uids)

    def read(self, uid: int) -> bytes:
        """The whole message with CRLF line ends; StoreError when it is gone."""
        found = self.index.row(
            "SELECT base, file_flags FROM messages WHERE folder = ? AND uid = ?", self.id, uid
        )
        if found is None:
            raise StoreError("The message is gone.")
        return with_crlf(files.read(self.path, found[0], found[1]))

    def open(self, uid: int) -> BinaryIO:
        """`read` as a file."""
        return BytesIO(self.read(uid))

    def search(self, query: Query, *, newest_first: bool = False) -> list[int]:
        """The UIDs that match, ascending by UID or newest arrival first."""
        found = evaluate.search(self.index, self.id, self.path, query)
        if not newest_first:
            return sorted(found)
        order = self.index.execute(
            "SELECT uid FROM messages WHERE folder = ? ORDER BY internal_date DESC, uid DESC",
            (self.id,),
        )
        return [uid for (uid,) in order if uid in found]

    def search_scored(self, query: Query) -> tuple[set[int], dict[int, int]]:
        """The UIDs that match, and how well those do that match only partly (1 to 99)."""
        return evaluate.scored(self.index, self.id, self.path, query)

    # Changing

    def set_flags(
        self, uids: Iterable[int], *, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> int:
        """Set and clear flags and keywords by name; how many messages changed."""
        add_bits, add_words = flags.parse(add)
        remove_bits, remove_words = flags.parse(remove)
        changed, _ = self.store(
            ranges(uids),
            add=add_bits,
            remove=remove_bits & ~add_bits,
            add_keywords=frozenset(add_words.split()),
            remove_keywords=frozenset(remove_words.split()),
        )
        return changed

    def store(
        self,
        wanted: Ranges,
        *,
        add: int = 0,
        remove: int = 0,
        add_keywords: frozenset[str] = frozenset(),
        remove_keywords: frozenset[str] | None = frozenset(),
        unchanged_since: int | None = None,
    ) -> tuple[int, int]:
        """Change flag bits and keywords (`remove_keywords` None: all others go).

        → (how many messages changed, the mod-sequence they got).
        """
        with self.index.writing():
            row = self.row_now()
            modseq = row.modseq + 1
            changed = 0
            if add or remove:
                changed = message_rows.change_bits(
                    self.index, self.id, wanted,
                    add=add, remove=remove, modseq=modseq, unchanged_since=unchanged_since,
                )  # fmt: skip
            if add_keywords or remove_keywords is None or remove_keywords:
                changed += message_rows.change_keywords(
                    self.index, self.id, wanted, add=add_keywords, remove=remove_keywords,
                    modseq=modseq, unchanged_since=unchanged_since,
                )  # fmt: skip
            if changed:
                self.index.execute("UPDATE folders SET modseq = ? WHERE id = ?", (modseq, self.id))
        if changed:
            self._changed()
        return changed, modseq

    def expunge(self, uids: Iterable[int], *, for_good: bool = False) -> list[int]:
        """Remove messages; the UIDs that were there to remove.

        Their files go to the vault, if expunged mail is kept, unless it is `for_good`.
        """
        with self.index.writing():
            row = self.row_now()
            kept = self.keeps() and not for_good
            gone, octets = removal.remove(self.index, row, ranges(uids), kept=kept)
        if not gone:
            return gone
        if transfer.counts_for_quota(row.directory):
            maildir_quota.add(self.index.maildir, -octets, -len(gone))
        self._changed()
        return gone

    def deleted_uids(self, wanted: Ranges | None = None) -> list[int]:
        """The UIDs flagged \\Deleted, among `wanted` when given."""
        found: list[int] = []
        for first, last in wanted if wanted is not None else [(0, 1 << 32)]:
            found += [
                uid
                for (uid,) in self.index.execute(
                    "SELECT uid FROM messages WHERE folder = ? AND uid BETWEEN ? AND ?"
                    " AND flags & ? != 0",
                    (self.id, first, last, DELETED),
                )
            ]
        return found

    def append(
        self,
        data: bytes,
        flag_names: Iterable[str] = (),
        internal_date: int = 0,
        *,
        quota: Quota = NO_QUOTA,
    ) -> int:
        """Add a message, durably; its UID.  Raises QuotaExceeded, GrammarError for a bad flag."""
        one = Addition(data, tuple(flag_names), internal_date or int(time.time()))
        return self.append_all([one], quota=quota)[0]

    def append_all(
        self,
        additions: Sequence[Addition],
        *,
        quota: Quota = NO_QUOTA,
        replaced: Replaced | None = None,
        first: Callable[[], None] | None = None,
    ) -> list[int]:
        """Add messages, all or none; `replaced` goes in the same step, `first` comes before it."""
        uids = addition.append(
            self.index, self.row_now(), additions, quota, replaced=replaced, first=first
        )
        self._changed()
        return uids

    def copy(
        self, uids: Iterable[int], target: str, *, quota: Quota = NO_QUOTA
    ) -> list[tuple[int, int]]:
        """Copy messages into another folder: (old UID, new UID) pairs in order.

        Raises MailboxMissing, QuotaExceeded; all are copied or none.
        """
        done = transfer.copy(self.index, self.row_now(), self._target(target), ranges(uids), quota)
        self._changed()
        return done

    def move(self, uids: Iterable[int], target: str) -> list[tuple[int, int]]:
        """Move messages into another folder: (old UID, new UID) pairs in order."""
        done = transfer.move(self.index, self.row_now(), self._target(target), ranges(uids))
        self._changed()
        return done

    def _target(self, name: str) -> FolderRow:
        found = folder_rows.by_name(self.index, folders.canonical(name))
        if found is None:
            raise MailboxMissing("Mailbox does not exist.")
        return found

    def _changed(self) -> None:
        self.index.afterwards(lambda: self.announce(self.index.maildir))

    def claim_recent(self) -> int:
        """The first UID that is \\Recent for whoever asks first; later sessions have none."""
        with self.index.writing():
            row = self.row_now()
            if row.recent_from < row.uidnext:
                self.index.execute(
                    "UPDATE folders SET recent_from = uidnext WHERE id = ?", (self.id,)
                )
        return row.recent_from

    def write_back(self) -> int:
        """Bring file names up to date with the flags; how many were renamed."""
        return sync.write_back(self.index, self.id)
