"""`manage.py vault list|restore|purge ADDRESS`: mail that was deleted for good, and isn't yet."""

from datetime import UTC, datetime
from typing import Any

from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.accounts.retention import keeps_expunged
from mailcore.bus.publish import announce_mailbox
from mailcore.errors import ConfigError, StoreError
from mailcore.mailbox import undelete
from mailcore.mailbox.store import MailStore
from mailcore.maildir import vault
from mailcore.maildir.quota import Quota
from mailcore.maildir.vault import Kept
from mailcore.management.verbs import VerbCommand

_MOST_LISTED = 100


class Command(VerbCommand):
    help = "Deleted mail that can still be restored (mailboxes.undelete_days)."

    def verbs(self, add: Any) -> None:
        listing = add("list", self.do_list, "what can be restored, deleted last first")
        listing.add_argument("address")
        listing.add_argument("--most", type=int, default=_MOST_LISTED, help="how many to show")
        restore = add("restore", self.do_restore, "put messages back where they were")
        purge = add("purge", self.do_purge, "remove messages for good")
        for one in (restore, purge):
            one.add_argument("address")
            one.add_argument("ids", nargs="*", metavar="ID", help="as `list` shows them")
            one.add_argument("--all", dest="everything", action="store_true")

    def do_list(self, *, address: str, most: int, **_: Any) -> object:
        kept = vault.listing(_account(address).maildir)[: max(most, 0)]
        return [
            {
                "id": one.kept.id,
                "deleted": _moment(one.kept.removed),
                "folder": one.kept.folder,
                "size": one.kept.size,
                "from": one.sender[:40],
                "subject": one.subject[:60],
            }
            for one in undelete.previews(kept)
        ]

    def do_restore(
        self, *, address: str, ids: list[str], everything: bool, **_: Any
    ) -> object:  # fmt: skip
        account = _account(address)
        chosen = _chosen(account, ids, everything)
        quota = Quota(account.quota_bytes, account.quota_messages)
        try:
            with MailStore(
                account.maildir, announce=announce_mailbox, keeps=keeps_expunged
            ) as store:
                count = undelete.restore(store, {one.id for one in chosen}, quota=quota)
        except StoreError as error:
            raise ConfigError(str(error)) from None
        return {"restored": count}

    def do_purge(self, *, address: str, ids: list[str], everything: bool, **_: Any) -> object:
        return {"purged": vault.purge(_chosen(_account(address), ids, everything))}


def _account(address: str) -> AccountValue:
    found = directory.account(address)
    if found is None:
        raise ConfigError(f"there is no account {address}")
    return found


def _chosen(account: AccountValue, ids: list[str], everything: bool) -> list[Kept]:
    if bool(ids) == everything:
        raise ConfigError("name messages by their ID, or say --all")
    kept = vault.listing(account.maildir)
    if everything:
        return kept
    missing = set(ids) - {one.id for one in kept}
    if missing:
        raise ConfigError(f"not in the vault: {', '.join(sorted(missing))}")
    return [one for one in kept if one.id in set(ids)]


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
