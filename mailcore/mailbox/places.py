"""Where a mailbox name leads: into the person's own Maildir, or into one that shares with them.

`#shared.<account>.<folder>` is the folder of another account, `shared.<name>.<folder>` one of a
Maildir that the file system shares.  The account is looked up in the index of accounts, the
Maildir in a list, the folder in the Maildir: no path is ever made of a name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mailcore.mailbox import access, rights
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.rights import Who
from mailcore.mailbox.sharing import Account, Sharing
from mailcore.maildir import folders, shared_names
from mailcore.maildir.quota import NO_QUOTA, Quota

MOST_SHARED = 10_000
"""Folders of others that one person is shown."""


@dataclass(frozen=True, slots=True)
class Place:
    """A mailbox `name` (`INBOX…`) in a Maildir, and `who` came there.

    `account` is the owner's level in the tree below `root`; empty when it is the person's own.
    """

    maildir: Path
    name: str
    who: Who
    owner: str
    quota: Quota
    account: str = ""
    root: str = shared_names.ACCOUNTS

    @property
    def is_own(self) -> bool:
        return not self.account

    def mailbox_id(self, uidvalidity: int) -> bytes:
        """MAILBOXID: two accounts may have used the same UIDVALIDITY.  RFC 8474 §4."""
        if not self.account:
            return b"F%d" % uidvalidity
        return b"F%d-%b" % (uidvalidity, sha256(self.owner.encode()).hexdigest()[:12].encode())

    @property
    def shown(self) -> str:
        """The name by which the person knows it."""
        if not self.account:
            return self.name
        return shared_names.join(self.root, self.account, self.name)


class Reach:
    """What one person can name.

    `sharers` may block: it asks the index of accounts; None where that is switched off.
    `maildirs` are those that the file system shares, by name.
    """

    def __init__(
        self,
        own: Account,
        groups: frozenset[str],
        sharers: Callable[[], Sequence[Account]] | None,
        maildirs: Callable[[], Mapping[str, Path]] = dict,
        *,
        escape: bool = False,
    ) -> None:
        self.own = own
        self.groups = groups
        self.sharers = sharers
        self.maildirs = maildirs
        self.escape = escape

    @staticmethod
    def is_own(name: str) -> bool:
        """Whether finding the place costs no look at other accounts."""
        return not shared_names.is_shared(name)

    def place(self, name: str) -> Place:
        """The place; its mailbox need not exist.

        Raises StoreError for an impossible name, MailboxMissing for an unknown account.
        """
        if self.is_own(name):
            return self._place(self.own, folders.canonical(name), "")
        root, account, local = shared_names.split(name)
        if root == shared_names.MAILDIRS:
            path = self.maildirs().get(account)
            if path is None:
                raise MailboxMissing("Mailbox does not exist.")
            return self._in_maildir(path, local, account)
        for other in self.sharers() if self.sharers is not None else ():
            level = shared_names.component(other.address, escape=self.escape)
            if level == account:
                # Of several that look the same the first is meant.
                if other.address != self.own.address and folders.is_maildir(other.maildir):
                    return self._place(other, local, level)
                break
        raise MailboxMissing("Mailbox does not exist.")

    def visible(self, sharing: Sharing) -> dict[str, tuple[Place, frozenset[str]]]:
        """All folders of others that the person may know of, by name, with the rights there."""
        found: dict[str, tuple[Place, frozenset[str]]] = {}
        for level, path in self.maildirs().items():
            for name, directory in _listing(path).items():
                place = self._in_maildir(path, name, level)
                had = access.rights_in(path, directory, place.who)
                if rights.LOOKUP in had:
                    found[place.shown] = (place, had)
        others = self.sharers() if self.sharers is not None else ()
        for level, other in sharing.among(others, escape=self.escape):
            if other.address == self.own.address:
                continue
            for name, directory in _listing(other.maildir).items():
                place = self._place(other, name, level)
                had = access.rights_in(other.maildir, directory, place.who)
                if rights.LOOKUP in had and len(found) < MOST_SHARED:
                    found[place.shown] = (place, had)
        return found

    def _in_maildir(self, path: Path, name: str, level: str) -> Place:
        who = Who(self.own.address, self.groups, by_modes=True)
        return Place(path, name, who, str(path), NO_QUOTA, level, shared_names.MAILDIRS)

    def _place(self, account: Account, name: str, level: str) -> Place:
        who = Who(self.own.address, self.groups, is_owner=not level)
        quota = Quota(account.quota_bytes, account.quota_messages)
        return Place(account.maildir, name, who, account.address, quota, level)


def _listing(maildir: Path) -> dict[str, str]:
    try:
        return folders.listing(maildir)
    except OSError:
        return {}
