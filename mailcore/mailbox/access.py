"""Who may do what in a mailbox of a Maildir: the entries on disk, judged.  RFC 4314."""

from dataclasses import dataclass
from pathlib import Path

from mailcore.errors import StoreError
from mailcore.mailbox import rights
from mailcore.mailbox.refusals import MailboxMissing, NotPermitted
from mailcore.mailbox.rights import Entries, Who
from mailcore.mailbox.store import MailStore
from mailcore.maildir import acl, folders, shared_maildirs
from mailcore.maildir.shared_maildirs import Modes


def entries(maildir: Path, directory: str) -> Entries:
    """What holds in a folder: its own entries, or those of the nearest folder above."""
    found = acl.inherited(maildir, directory)
    return rights.DEFAULT if found is None else found


def rights_in(maildir: Path, directory: str, who: Who) -> frozenset[str]:
    """What `who` may do in the folder in `directory`."""
    if who.by_modes:
        return _by_modes(shared_maildirs.modes(maildir, directory, who.groups))
    return rights.of(who, entries(maildir, directory))


def _by_modes(modes: Modes) -> frozenset[str]:
    """Rights as permissions give them.

    With the sticky bit people remove only what they put there themselves; who that was cannot be
    told where all accounts are one user of the system, so nobody removes anything.
    """
    found = rights.LOOKUP + rights.READ if modes.read else ""
    if modes.read and modes.write:
        found += rights.SEEN + rights.WRITE + rights.INSERT
        found += "" if modes.keeps else rights.DELETE + rights.EXPUNGE
    return frozenset(found)


def rights_at(store: MailStore, name: str, who: Who) -> frozenset[str]:
    """What `who` may do in a mailbox; raises MailboxMissing when there is none."""
    return rights_in(store.maildir, store.row(name).directory, who)


def require(store: MailStore, name: str, who: Who, needed: str) -> frozenset[str]:
    """The rights of `who`, who must have all of `needed`.

    Raises NotPermitted, or MailboxMissing also for a mailbox that `who` may not even know of.
    """
    found = rights_at(store, name, who)
    check(found, needed)
    return found


def check(found: frozenset[str], needed: str) -> None:
    """Raises NotPermitted; MailboxMissing for who may not know that the mailbox is there."""
    if found.issuperset(needed):
        return
    if rights.LOOKUP not in found:
        raise MailboxMissing("Mailbox does not exist.")
    raise NotPermitted("You have no right to do that.")


def require_parent(store: MailStore, name: str, who: Who) -> None:
    """`who` must be allowed to make folders below the nearest existing folder above `name`."""
    above = folders.canonical(name)
    while folders.SEPARATOR in above:
        above = above.rpartition(folders.SEPARATOR)[0]
        try:
            found = rights_at(store, above, who)
        except MailboxMissing:
            continue
        check(found, rights.CREATE)
        return
    raise StoreError("Invalid mailbox name.")


def require_rename(store: MailStore, before: str, after: str, who: Who) -> None:
    """`who` must be allowed to delete a mailbox with all below it, and to make it elsewhere.

    Others than the owner cannot empty an INBOX, which is what renaming it does.
    """
    if before == folders.INBOX and not who.is_owner:
        check(rights_at(store, before, who), rights.LOOKUP)
        raise NotPermitted("You have no right to do that.")
    require_parent(store, after, who)
    if before == folders.INBOX:
        return
    require(store, before, who, rights.DELETE_MAILBOX)
    for name in store.names():
        if name.startswith(before + folders.SEPARATOR):
            had = rights_at(store, name, who)
            if rights.DELETE_MAILBOX not in had:
                raise NotPermitted("You have no right to rename what is below it.")


@dataclass(frozen=True, slots=True)
class Change:
    """One entry's new rights.  `sign` is `+` to give more, `-` to take some, empty to replace."""

    identifier: str
    rights: frozenset[str]
    sign: str = ""

    def applied(self, before: Entries) -> dict[str, str]:
        """The entries with the change; an entry without rights goes."""
        had = rights.parse(before.get(self.identifier, ""))
        left = {"": self.rights, "+": had | self.rights, "-": had - self.rights}[self.sign]
        after = dict(before)
        if self.identifier == rights.ANYONE:
            after.pop(rights.ANONYMOUS, None)
        if left:
            after[self.identifier] = rights.in_file(left)
        else:
            after.pop(self.identifier, None)
        return after


def change(store: MailStore, name: str, wanted: Change, *, owner: str) -> None:
    """Change an entry of a mailbox, which has entries of its own from then on.

    Raises MailboxMissing; StoreError for an identifier that cannot be, for too many entries,
    and when the `owner` (an address) or the administrators would lose what they need.
    """
    if not acl.is_identifier(wanted.identifier):
        raise StoreError("Invalid identifier.")
    row = store.row(name)
    with store.index.writing():
        after = wanted.applied(entries(store.maildir, row.directory))
        if len(after) > acl.MOST_ENTRIES:
            raise StoreError("The mailbox has too many entries.")
        if not rights.keeps_owner(after, owner):
            raise StoreError("The owner must be able to see and administer the mailbox.")
        if not rights.keeps_administrators(after):
            raise StoreError("Nothing can be taken away from administrators.")
        acl.write(store.maildir, row.directory, after)
    store.announce(store.maildir)
