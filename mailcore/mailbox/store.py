"""One account's mailboxes: list, create, rename, delete, subscribe, quota.

A MailStore is an open index plus the Maildir it belongs to.  One thread at a time may use
it; several processes may each have one for the same account.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from mailcore.errors import StoreError
from mailcore.mailbox import listing, others, rendering, sync
from mailcore.mailbox.directories import UNKNOWN
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.index import folder_rows
from mailcore.mailbox.index.database import Index
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.info import STANDARD, FolderInfo, info
from mailcore.mailbox.listing import MessageRow
from mailcore.mailbox.refusals import MailboxExists, MailboxMissing
from mailcore.maildir import acl, delivery, folders, shared_names, special_use, subscriptions
from mailcore.maildir import quota as maildir_quota
from mailcore.maildir.quota import NO_QUOTA, Quota

INBOX = folders.INBOX
_ROOT_TICK = 20_000_000


@dataclass(frozen=True, slots=True)
class QuotaUsage:
    """Octets and messages in use, and the limits (0: none)."""

    octets: int
    messages: int
    limit: Quota


def nobody(_maildir: Path) -> None:
    """The announcement that nobody hears."""


def never() -> bool:
    """Expunged messages are not kept."""
    return False


class MailStore:
    """`with MailStore(maildir) as store: …`; makes the Maildir when it is missing.

    `announce(maildir)` is called after each change that other sessions should hear of;
    `keeps()` says whether expunged messages go to the vault.
    """

    __slots__ = ("announce", "index", "keeps", "maildir")

    def __init__(
        self,
        maildir: Path,
        *,
        announce: Callable[[Path], None] = nobody,
        keeps: Callable[[], bool] = never,
    ) -> None:
        self.maildir = maildir
        self.announce = announce
        self.keeps = keeps
        if not folders.is_maildir(maildir):
            folders.make(maildir, folder=False)
        self.index = Index(maildir)
        if self.index.row("SELECT 1 FROM folders WHERE name = ?", INBOX) is None:
            self.refresh()

    def close(self) -> None:
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def refresh(self) -> None:
        """Take folders that others made or removed into the index; cheap when none were."""
        modified = self.maildir.stat().st_mtime_ns
        if self.index.get("root") == str(modified):
            return
        with self.index.writing():
            modified = self.maildir.stat().st_mtime_ns
            found = folders.listing(self.maildir)
            known = {row.name: row for row in folder_rows.all_rows(self.index)}
            for name, row in known.items():
                if found.get(name) != row.directory:
                    folder_rows.forget(self.index, row.id)
                    known = {**known, name: row}
            present = {row.name for row in folder_rows.all_rows(self.index)}
            for name, directory in found.items():
                if name not in present:
                    folder_rows.register(self.index, name, directory)
            settled = folders_settled(modified)
            self.index.put("root", str(modified if settled else UNKNOWN))

    def row(self, name: str) -> FolderRow:
        """The index's row of a folder; raises MailboxMissing."""
        spelled = folders.canonical(name)
        found = folder_rows.by_name(self.index, spelled)
        if found is None:
            self.refresh()
            found = folder_rows.by_name(self.index, spelled)
        if found is None:
            raise MailboxMissing("Mailbox does not exist.")
        return found

    def path(self, name: str) -> Path:
        return self.maildir / self.row(name).directory

    def usable(self, name: str) -> str:
        """The folder to deliver into: `name`, made when missing; INBOX when it cannot be."""
        try:
            return self.row(name).name
        except MailboxMissing:
            pass
        except StoreError:
            return INBOX
        with contextlib.suppress(MailboxExists):
            self.create(name)
        return folders.canonical(name)

    def folder(self, name: str) -> Folder:
        """One mailbox, for reading and changing its messages; raises MailboxMissing."""
        return Folder(self.index, self.row(name), self.announce, self.keeps)

    def folders(self) -> list[FolderInfo]:
        """All folders, INBOX first, as the index has them after looking for foreign changes."""
        self.refresh()
        for row in folder_rows.all_rows(self.index):
            sync.sync(self.index, row.id)
        rows = folder_rows.all_rows(self.index)
        uses = self.special_uses()
        return [
            info(row, uses) for row in sorted(rows, key=lambda row: (row.name != INBOX, row.name))
        ]

    def special_uses(self) -> dict[str, str]:
        """Mailbox name → special use: what users chose, and the standard folders' own."""
        chosen = special_use.read(self.maildir)
        taken = set(chosen.values())
        return {name: use for name, use in STANDARD.items() if use not in taken} | chosen

    def use_specially(self, name: str, use: str) -> None:
        """Give a mailbox a special use (RFC 6154 §3)."""
        special_use.write(
            self.maildir, special_use.read(self.maildir) | {folders.canonical(name): use}
        )

    def _rename_uses(self, moves: Mapping[str, str]) -> None:
        """Special uses go with their mailboxes; to the empty name: they end."""
        before = special_use.read(self.maildir)
        after = {moves.get(name, name): use for name, use in before.items()}
        if after != before:
            special_use.write(self.maildir, {name: use for name, use in after.items() if name})

    def names(self) -> list[str]:
        """The names of all folders, INBOX first."""
        self.refresh()
        found = [row[0] for row in self.index.rows("SELECT name FROM folders ORDER BY name")]
        return [INBOX, *(name for name in found if name != INBOX)]

    def conversation(self, thread_id: str, limit: int = 100) -> list[tuple[str, MessageRow]]:
        """The messages of a thread in all folders, oldest first, as (folder, row)."""
        return listing.conversation(self.index, thread_id, limit)

    def create(self, name: str) -> None:
        """Make a folder; raises MailboxExists, StoreError for an impossible name."""
        spelled = folders.canonical(name)
        self.refresh()
        if folder_rows.by_name(self.index, spelled) is not None:
            raise MailboxExists("Mailbox already exists.")
        directory = folders.directory(spelled)
        with self.index.writing(durable=True):
            folders.make(self.maildir / directory, folder=True)
            self._inherit_rights(directory)
            folder_rows.register(self.index, spelled, directory)
        self.announce(self.maildir)

    def _inherit_rights(self, directory: str) -> None:
        """A new folder begins with the rights of the one above it.  Courier maildiracl(1)."""
        found = acl.inherited(self.maildir, directory)
        if found is not None and acl.read(self.maildir, directory) is None:
            acl.write(self.maildir, directory, found)

    def delete(self, name: str) -> None:
        """Remove a folder and its mail, which the vault gets; folders below it stay.

        Raises StoreError for INBOX, MailboxMissing.
        """
        row = self.row(name)
        if row.name == INBOX:
            raise StoreError("INBOX cannot be deleted.")
        folder = self.folder(name)
        if self.keeps():
            folder.sync()
            folder.expunge(folder.uids())
        with self.index.writing():
            folder_rows.forget(self.index, row.id)
            folders.remove(self.maildir, row.directory)
        self._rename_uses({row.name: ""})
        if not row.directory.startswith(maildir_quota.TRASH):
            self._recount_quota()
        self.announce(self.maildir)

    def rename(self, before: str, after: str) -> None:
        """Rename a folder with all below it; INBOX gives its messages instead (RFC 3501 §6.3.5)."""
        source, target = folders.canonical(before), folders.canonical(after)
        if source == INBOX:
            self.create(target)
            inbox = self.folder(INBOX)
            inbox.sync()
            inbox.move(inbox.uids(), target)
            return
        rows = self._branch(source)
        if target == source or target.startswith(source + folders.SEPARATOR):
            raise StoreError("A mailbox cannot be moved below itself.")
        moves = [(row, folders.canonical(target + row.name[len(source) :])) for row in rows]
        for _, name in moves:
            if folder_rows.by_name(self.index, name) is not None:
                raise MailboxExists("Mailbox already exists.")
        for row, name in moves:
            with self.index.writing(durable=True):
                folder_rows.save_uids(self.index, row.id)
                directory = folders.directory(name)
                folders.rename(self.maildir, row.directory, directory)
                self.index.execute(
                    "UPDATE folders SET name = ?, directory = ? WHERE id = ?",
                    (name, directory, row.id),
                )
        self._rename_uses({row.name: name for row, name in moves})
        self.announce(self.maildir)

    def _branch(self, name: str) -> list[FolderRow]:
        self.refresh()
        below = name + folders.SEPARATOR
        rows = [
            row
            for row in folder_rows.all_rows(self.index)
            if row.name == name or row.name.startswith(below)
        ]
        if not rows:
            raise MailboxMissing("Mailbox does not exist.")
        return rows

    def subscribe(self, name: str, wanted: bool) -> None:
        """Put a name on the list of subscriptions or take it off; it need not exist."""
        spelled = shared_names.canonical(name)
        subscribed = subscriptions.read(self.maildir)
        changed = subscribed | {spelled} if wanted else subscribed - {spelled}
        if changed != subscribed:
            subscriptions.write(self.maildir, changed)

    def subscribed(self) -> set[str]:
        """The subscribed names; some may not exist any more."""
        found = set()
        for name in subscriptions.read(self.maildir):
            with contextlib.suppress(StoreError):
                found.add(shared_names.canonical(name))
        return found

    def ensure_standard_folders(self) -> None:
        """Make and subscribe Drafts, Sent, Junk, Trash and Archive where they are missing.

        Done once in the life of an account: what the user deletes later stays deleted.
        """
        if self.index.get("standard") == "1":
            return
        self.refresh()
        for name in STANDARD:
            with contextlib.suppress(MailboxExists):
                self.create(name)
        subscribed = subscriptions.read(self.maildir)
        if not subscribed.issuperset(STANDARD):
            subscriptions.write(self.maildir, subscribed | set(STANDARD) | {INBOX})
        with self.index.writing():
            self.index.put("standard", "1")

    def quota(self, limit: Quota = NO_QUOTA) -> QuotaUsage:
        """What is in use; by the account's `maildirsize` when there is a limit."""
        if limit.is_limited:
            usage = maildir_quota.usage(self.maildir, limit)
            return QuotaUsage(usage.octets, usage.messages, limit)
        row = self.index.row("SELECT ifnull(sum(octets), 0), ifnull(sum(messages), 0) FROM folders")
        octets, messages = row or (0, 0)
        return QuotaUsage(octets, messages, limit)

    def _recount_quota(self) -> None:
        """Forget the quota file: after a whole folder went, counting is the honest way."""
        (self.maildir / "maildirsize").unlink(missing_ok=True)

    def settle(self, *, dovecot: bool = False) -> None:
        """Write down all that another server at this Maildir needs; `dovecot` even if new here."""
        self.folders()
        if dovecot:
            others.expect_dovecot(self.index)
        self.checkpoint()

    def checkpoint(self) -> None:
        """Housekeeping: bring file names up to date, sweep tmp/, save UIDs, forget what is old."""
        for row in folder_rows.all_rows(self.index):
            sync.write_back(self.index, row.id)
            rendering.ensure(self.index, row.id)
            with contextlib.suppress(FileNotFoundError):
                delivery.sweep(self.maildir / row.directory, time.time())
            folder_rows.forget_expunged(self.index, row.id)
        with self.index.writing():
            for (folder,) in self.index.rows("SELECT id FROM folders WHERE saved_modseq != modseq"):
                others.save(self.index, folder)
            self.index.execute(
                "DELETE FROM arrivals WHERE at < CAST(strftime('%s', 'now', '-30 days') AS INTEGER)"
            )


def folders_settled(modified: int) -> bool:
    """Whether a directory's time stamp is old enough to be remembered."""
    return time.time_ns() - modified > _ROOT_TICK
