"""What LIST's RETURN asks for beside its own lines, and which folders of others it shows."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from mailcore.errors import StoreError
from mailcore.imapd.commands import acl, metadata, status
from mailcore.imapd.commands.status import Asked
from mailcore.mailbox import access, annotations, rights
from mailcore.mailbox.places import Place, Reach
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.stores import Stores
from mailcore.maildir import shared_names
from mailcore.protocol.imap import responses

Shared = dict[str, tuple[Place, frozenset[str]]]
"""Name → where it leads, and the rights there."""


@dataclass(frozen=True, slots=True)
class Extras:
    """RETURN's STATUS (RFC 5819), MYRIGHTS (RFC 8440) and METADATA (RFC 9590)."""

    status: Asked | None
    myrights: bool
    entries: Sequence[str]
    utf8: bool


def shared_if_asked(reach: Reach, stores: Stores, patterns: Sequence[str]) -> Shared:
    """The folders of others, if a pattern could mean one of them."""
    for pattern in patterns:
        head = pattern.partition("*")[0].partition("%")[0]
        for root in shared_names.ROOTS:
            if head.startswith(root) or root.startswith(head):
                return reach.visible(stores.sharing)
    return {}


class Teller:
    """Tells of one mailbox after the other, own ones through `store`."""

    def __init__(
        self, store: MailStore, stores: Stores, reach: Reach, shared: Shared, extras: Extras
    ) -> None:
        self.store = store
        self.stores = stores
        self.reach = reach
        self.shared = shared
        self.extras = extras

    def lines(self, name: str) -> list[bytes]:
        """The lines that follow LIST's for an existing mailbox; none when it went meanwhile."""
        extras = self.extras
        if extras.status is None and not extras.myrights and not extras.entries:
            return []
        try:
            return self._lines(name)
        except MailboxMissing:
            return []

    def _lines(self, name: str) -> list[bytes]:
        extras = self.extras
        if name in self.shared:
            place, had = self.shared[name]
        else:
            place = self.reach.place(name)
            had = access.rights_at(self.store, place.name, place.who)
        found = []
        if extras.myrights:
            found.append(acl.myrights(place, had, utf8=extras.utf8))
        if rights.READ in had and (extras.status is not None or extras.entries):
            own = nullcontext(self.store)
            with own if place.is_own else self.stores.borrow(place.maildir) as there:
                if extras.status is not None:
                    found.append(status.after_look(there, place, extras.status))
                if extras.entries:
                    found.append(self._metadata(there, place))
        return found

    def _metadata(self, store: MailStore, place: Place) -> bytes:
        try:
            have = metadata.read(store, place)
        except MailboxMissing:
            raise
        except StoreError:
            have = {}
        values: dict[str, bytes | None] = {}
        for entry in self.extras.entries:
            values |= annotations.wanted(have, entry, 0)
        return metadata.response(responses.mailbox(place.shown, utf8=self.extras.utf8), values)
