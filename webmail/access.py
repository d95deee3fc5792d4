"""The signed-in person's mail store, opened for one request."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.accounts.retention import keeps_expunged
from mailcore.auth.identity import Identity, of_account
from mailcore.bus import publish
from mailcore.errors import StoreError
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.stores import Stores
from mailcore.maildir.quota import Quota

_stores = Stores(publish.announce_mailbox, keeps=keeps_expunged)


def account_of(request: HttpRequest) -> AccountValue:
    """The account behind the session, from the directory's cache."""
    found = directory.account(request.user.get_username())
    if found is None or not found.active:
        raise PermissionDenied
    return found


def identity_of(request: HttpRequest) -> Identity:
    """The same as the identity that the mail protocols know."""
    return of_account(account_of(request))


def quota_of(account: AccountValue) -> Quota:
    """How much the account may keep."""
    return Quota(account.quota_bytes, account.quota_messages)


@contextmanager
def opened(request: HttpRequest) -> Iterator[MailStore]:
    """The account's store with its standard folders; closed at the end of the block."""
    account = account_of(request)
    account.maildir.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _stores.borrow(account.maildir) as store:
        store.ensure_standard_folders()
        yield store


def folder_or_404(store: MailStore, name: str) -> Folder:
    """The folder called `name`; 404 when there is none or the name is impossible."""
    try:
        return store.folder(name)
    except StoreError:
        raise Http404("no such folder") from None
