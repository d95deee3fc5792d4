"""How a folder stands, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailcore.mailbox.index.folder_rows import FolderRow

JUNK = "INBOX.Junk"
STANDARD = {
    "INBOX.Drafts": "\\Drafts",
    "INBOX.Sent": "\\Sent",
    JUNK: "\\Junk",
    "INBOX.Trash": "\\Trash",
    "INBOX.Archive": "\\Archive",
}
"""The folders every account has, and their special uses.  RFC 6154."""


@dataclass(frozen=True, slots=True)
class FolderInfo:
    """`size` in octets with CRLF line ends; `special_use` like `\\Sent`, or None."""

    name: str
    special_use: str | None
    exists: int
    unseen: int
    uidvalidity: int
    uidnext: int
    highestmodseq: int
    size: int
    deleted: int


def info(row: FolderRow, uses: Mapping[str, str] = STANDARD) -> FolderInfo:
    """A row as the value callers get; `uses` by name."""
    return FolderInfo(
        name=row.name,
        special_use=uses.get(row.name),
        exists=row.messages,
        unseen=row.unseen,
        uidvalidity=row.uidvalidity,
        uidnext=row.uidnext,
        highestmodseq=row.modseq,
        size=row.octets,
        deleted=row.deleted,
    )
