"""The folder list as the page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailcore.mailbox import rights
from mailcore.mailbox.info import FolderInfo
from mailcore.mailbox.places import Place
from mailcore.mailbox.store import MailStore
from mailcore.maildir import shared_names

ORDER = {
    "INBOX": ("Inbox", "inbox"),
    "\\Drafts": ("Drafts", "draft"),
    "\\Sent": ("Sent", "sent"),
    "\\Archive": ("Archive", "archive"),
    "\\Junk": ("Spam", "junk"),
    "\\Trash": ("Trash", "trash"),
}
KINDS = {
    "\\Drafts": "drafts",
    "\\Sent": "sent",
    "\\Archive": "archive",
    "\\Junk": "junk",
    "\\Trash": "trash",
}
INDENTS = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One folder; `kind` is inbox, sent, drafts, archive, junk, trash or empty.

    `owner` is whose it is, when it is another's.
    """

    name: str
    label: str
    icon: str
    kind: str
    unseen: int
    exists: int
    depth: int
    owner: str = ""

    @property
    def count(self) -> int:
        """The number beside the name: drafts are counted, elsewhere what is unread."""
        return self.exists if self.kind == "drafts" else self.unseen


def entries(store: MailStore) -> list[Entry]:
    """Standard folders in their order, then the others by name."""
    found = [_entry(info) for info in store.folders()]
    standard = list(ORDER.values())
    ranks = {label: rank for rank, (label, _) in enumerate(standard)}

    def rank(entry: Entry) -> tuple[int, str]:
        return (ranks[entry.label] if entry.kind else len(ranks), entry.name.lower())

    return sorted(found, key=rank)


def _entry(info: FolderInfo) -> Entry:
    if info.name == "INBOX":
        return Entry("INBOX", "Inbox", "inbox", "inbox", info.unseen, info.exists, 0)
    if info.special_use in ORDER:
        label, icon = ORDER[info.special_use]
        kind = KINDS[info.special_use]
        return Entry(info.name, label, icon, kind, info.unseen, info.exists, 0)
    parts = info.name.split(".")[1:]
    depth = min(len(parts) - 1, INDENTS)
    return Entry(info.name, parts[-1], "folder", "", info.unseen, info.exists, depth)


def shared(visible: Mapping[str, tuple[Place, frozenset[str]]]) -> list[Entry]:
    """Those of the folders of others that the person may open, by owner."""
    found = [entry_of(place) for place, had in visible.values() if rights.READ in had]
    return sorted(found, key=lambda entry: (entry.owner, entry.name.lower()))


def entry_of(place: Place, unseen: int = 0, exists: int = 0) -> Entry:
    """A folder of somebody else's.  Its messages are not counted until it is open."""
    label = place.name.partition(".")[2] or "Inbox"
    owner = place.owner if place.root == shared_names.ACCOUNTS else place.account
    return Entry(place.shown, label, "people", "", unseen, exists, 0, owner)


def special(folders: list[Entry], kind: str) -> str:
    """The name of the folder with that kind; the standard name when it is missing."""
    for entry in folders:
        if entry.kind == kind:
            return entry.name
    return f"INBOX.{kind.capitalize()}"
