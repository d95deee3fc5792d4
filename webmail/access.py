"""The signed-in person's mail store, opened for one request."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.accounts.retention import keeps_expunged
from mailcore.auth.identity import Identity, of_account
from mailcore.bus import publish
from mailcore.conf.current import snapshot
from mailcore.errors import StoreError
from mailcore.mailbox import access, rights
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.places import Place, Reach
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.stores import Stores
from mailcore.maildir.quota import Quota
from mailcore.server.reach import reach_of
from webmail import sidebar
from webmail.sidebar import Entry

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


@dataclass(frozen=True, slots=True)
class Spot:
    """A folder as the person came to it: own or shared with them, with what they may do there.

    `name` is what they call it; `folder` has the name it has where it lies.
    """

    folder: Folder
    place: Place
    rights: frozenset[str]

    @property
    def name(self) -> str:
        return self.place.shown

    @property
    def is_own(self) -> bool:
        return self.place.is_own


def reach(request: HttpRequest) -> Reach:
    """What the person can name: their own folders, and those shared with them."""
    account = account_of(request)
    return reach_of(account, snapshot().for_mail("", account.address).imap)


@contextmanager
def spot_or_404(request: HttpRequest, store: MailStore, name: str) -> Iterator[Spot]:
    """The folder called `name`, wherever it lies; 404 when there is none the person may read."""
    try:
        place = reach(request).place(name)
    except StoreError:
        raise Http404("no such folder") from None
    own = nullcontext(store)
    with own if place.is_own else _stores.borrow(place.maildir) as there:
        try:
            had = access.require(there, place.name, place.who, rights.READ)
            spot = Spot(there.folder(place.name), place, had)
        except StoreError:
            raise Http404("no such folder") from None
        yield spot


def shared_entries(request: HttpRequest) -> list[Entry]:
    """The folders that others share with the person, for the folder list."""
    return sidebar.shared(reach(request).visible(_stores.sharing))


def folder_or_404(store: MailStore, name: str) -> Folder:
    """The folder called `name`; 404 when there is none or the name is impossible."""
    try:
        return store.folder(name)
    except StoreError:
        raise Http404("no such folder") from None
