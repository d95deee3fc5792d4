"""One session's view of a mailbox: its sequence numbers, and what it has not been told yet.

UIDs are kept in arrays that sessions at the same state share.  Messages that others
expunged keep their sequence numbers until the session may be told (RFC 3501 §7.4.1).
"""

import weakref
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.mailbox.folder import Folder
from mailcore.mailbox.index.database import Row
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.index.message_rows import Ranges
from mailcore.mailbox.places import Place
from mailcore.mailbox.rights import SEEN

NEVER = 1 << 32
"""`recent_from` of who has no use for \\Recent: IMAP4rev2 has none."""

_shared: "weakref.WeakValueDictionary[tuple[str, int, int], array[int]]" = (
    weakref.WeakValueDictionary()
)


@dataclass(frozen=True, slots=True)
class FlagChange:
    """New flags of a message the session knows."""

    number: int
    uid: int
    flags: int
    keywords: str
    modseq: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What to tell: in this order expunges, then how many there are now, then flags.

    `expunged` are sequence numbers, each as it is after the ones before it have gone.
    """

    expunged: tuple[int, ...] = ()
    expunged_uids: tuple[int, ...] = ()
    exists: int | None = None
    recent: int = 0
    flags: tuple[FlagChange, ...] = ()


NOTHING = Changes()


class View:
    """A selected mailbox as one session sees it.  `modseq` is the state it has heard of.

    `rights` are those the session had when it selected the mailbox; `saved` are the UIDs that
    `$` stands for (RFC 5182), of which some may be gone.
    """

    __slots__ = (
        "folder_id", "gone", "modseq", "name", "own", "place", "read_only", "recent_from",
        "rights", "saved", "uids", "uidvalidity",
    )  # fmt: skip

    def __init__(
        self,
        folder: Folder,
        row: FolderRow,
        place: Place,
        *,
        rights: frozenset[str],
        read_only: bool,
        recent_from: int,
    ) -> None:
        self.folder_id = folder.id
        self.name = folder.name
        self.place = place
        self.rights = rights
        self.uidvalidity = row.uidvalidity
        self.modseq = row.modseq
        self.read_only = read_only
        self.recent_from = recent_from
        self.uids = _array(folder, row.modseq)
        self.gone: frozenset[int] = frozenset()
        self.own: dict[int, frozenset[int]] = {}
        self.saved: Sequence[int] = ()

    @property
    def marks_seen(self) -> bool:
        """Whether reading a message marks it as read."""
        return not self.read_only and SEEN in self.rights

    @property
    def count(self) -> int:
        return len(self.uids)

    def number(self, uid: int) -> int | None:
        """The sequence number of a UID, None when the session has no such message."""
        at = bisect_left(self.uids, uid)
        return at + 1 if at < len(self.uids) and self.uids[at] == uid else None

    def recent(self) -> int:
        """How many messages are \\Recent to this session."""
        return len(self.uids) - bisect_left(self.uids, self.recent_from)

    def untold(self, folder: Folder, wanted: Ranges) -> frozenset[int]:
        """The UIDs among `wanted` whose present flags the session has not heard of.

        Asked before the session changes them silently: that must not hide what others did.
        """
        return frozenset(
            uid
            for (uid,) in folder.index.execute(
                "SELECT uid FROM messages WHERE folder = ? AND modseq > ?",
                (self.folder_id, self.modseq),
            )
            if any(first <= uid <= last for first, last in wanted)
        )

    def changed_by_us(self, modseq: int, untold: frozenset[int] = frozenset()) -> None:
        """The session needs no telling of what has this mod-sequence, except `untold`."""
        self.own[modseq] = untold

    def update(self, folder: Folder, *, expunges: bool) -> Changes:
        """What has happened since; afterwards the session counts as told.

        `folder` is fresh.  Without `expunges` removed messages stay, to be told another time.
        Raises MailboxMissing when the mailbox itself is gone.
        """
        row = folder.row_then
        if row.modseq == self.modseq and not (self.gone and expunges):
            return NOTHING
        with folder.index.reading():
            row = folder.row_now()
            vanished, changed = self._read(folder)
        return self._apply(folder, row, vanished, changed, expunges=expunges)

    def _read(self, folder: Folder) -> tuple[list[Row], list[Row]]:
        index = folder.index
        vanished = index.rows(
            "SELECT uid FROM expunged WHERE folder = ? AND modseq > ?", self.folder_id, self.modseq
        )
        changed = index.rows(
            "SELECT uid, flags, keywords, modseq FROM messages"
            " WHERE folder = ? AND modseq > ? ORDER BY uid",
            self.folder_id,
            self.modseq,
        )
        return vanished, changed

    def _apply(
        self,
        folder: Folder,
        row: FolderRow,
        vanished: Sequence[Row],
        changed: Sequence[Row],
        *,
        expunges: bool,
    ) -> Changes:
        gone = self.gone | {uid for (uid,) in vanished if self.number(uid) is not None}
        last = self.uids[-1] if self.uids else 0
        arrived = [uid for uid, *_ in changed if uid > last]
        expunged: tuple[int, ...] = ()
        expunged_uids: tuple[int, ...] = ()
        self.modseq = row.modseq
        if gone and expunges:
            expunged_uids = tuple(sorted(gone))
            expunged = _numbers_while_leaving(self.uids, expunged_uids)
            self.gone = frozenset()
        else:
            self.gone = frozenset(gone)
        if arrived or expunged:
            self.uids = self._next_array(folder, expunged_uids, arrived)
        flags = tuple(
            FlagChange(number, uid, bits, keywords, modseq)
            for uid, bits, keywords, modseq in changed
            if uid <= last
            and (modseq not in self.own or uid in self.own[modseq])
            and (number := self.number(uid)) is not None
        )
        self.own = {own: untold for own, untold in self.own.items() if own > self.modseq}
        return Changes(
            expunged, expunged_uids, len(self.uids) if arrived else None, self.recent(), flags
        )

    def _next_array(
        self, folder: Folder, expunged: Sequence[int], arrived: Sequence[int]
    ) -> "array[int]":
        if not self.gone:
            shared = _shared.get(_key(folder, self.modseq))
            if shared is not None:
                return shared
        if expunged:
            without = set(expunged)
            uids = array("I", (uid for uid in self.uids if uid not in without))
        else:
            uids = array("I", self.uids)
        uids.extend(arrived)
        if not self.gone:
            _shared[_key(folder, self.modseq)] = uids
        return uids


def _numbers_while_leaving(uids: Sequence[int], leaving: Sequence[int]) -> tuple[int, ...]:
    """Each EXPUNGE shifts the numbers behind it."""
    return tuple(bisect_left(uids, uid) + 1 - before for before, uid in enumerate(leaving))


def _key(folder: Folder, modseq: int) -> tuple[str, int, int]:
    return str(folder.index.maildir), folder.id, modseq


def _array(folder: Folder, modseq: int) -> "array[int]":
    key = _key(folder, modseq)
    found = _shared.get(key)
    if found is None:
        found = _shared[key] = folder.uids()
    return found
