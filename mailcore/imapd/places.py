"""Where the mailbox names of a session lead, and work that is done there."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from mailcore.imapd.session import Session
from mailcore.mailbox import access
from mailcore.mailbox.changes import View
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.places import Place, Reach
from mailcore.mailbox.refusals import NotPermitted
from mailcore.mailbox.store import MailStore
from mailcore.server import threads
from mailcore.server.reach import reach_of

T = TypeVar("T")


def reach(session: Session) -> Reach:
    """What the session's account can name."""
    return reach_of(session.user, session.rules)


async def find(session: Session, name: str) -> Place:
    """The place of a mailbox; in a thread when other accounts have to be looked up."""
    found = reach(session)
    if found.is_own(name):
        return found.place(name)
    return await threads.store.run(found.place, name)


async def run(
    session: Session,
    place: Place,
    job: Callable[[MailStore], T],
    within: Callable[[Callable[[], T]], Awaitable[T]] = threads.store.run,
) -> T:
    """Run `job(store)` with the place's store, where blocking is allowed; `within` says where."""

    def borrowed() -> T:
        with session.context.stores.borrow(place.maildir) as store:
            return job(store)

    return await within(borrowed)


@contextmanager
def own(session: Session, store: MailStore) -> Iterator[MailStore]:
    """The session's own store, while another may be open; not for the loop."""
    if store.maildir == session.user.maildir:
        yield store
        return
    with session.store() as found:
        yield found


def require(store: MailStore, place: Place, needed: str) -> frozenset[str]:
    """The rights of the session at a place, all of `needed` among them.

    Raises MailboxMissing or NotPermitted.
    """
    return access.require(store, place.name, place.who, needed)


def require_here(folder: Folder, view: View, needed: str) -> frozenset[str]:
    """The same for the selected mailbox, as the rights are now."""
    directory = folder.row_now().directory
    had = access.rights_in(folder.index.maildir, directory, view.place.who)
    if not had.issuperset(needed):
        raise NotPermitted("You have no right to do that.")
    return had
