"""An account of this server, as where mail goes and where it comes from."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from mailcore.errors import MailError, StoreError
from mailcore.mailbox import flags, rendering
from mailcore.mailbox.delivery import Arrival, Consignment, deliver_all, has_arrived
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.store import INBOX, MailStore
from mailcore.mailbox.stores import Stores
from mailcore.maildir import folders
from mailcore.migration.mail.letters import Letter


class OwnTarget:
    """Messages become deliveries, so that each comes once however often it is brought."""

    def __init__(self, maildir: Path, announce: Callable[[Path], None]) -> None:
        self.maildir = maildir
        self.announce = announce
        self._stores = Stores(announce)
        self._folder = INBOX

    def begin(self, folder: str) -> None:
        with self._stores.borrow(self.maildir) as store:
            self._folder = store.usable(folder)

    def has(self, letter: Letter) -> bool:
        with self._stores.borrow(self.maildir) as store:
            return has_arrived(store, letter.token)

    def put(self, letters: Iterable[tuple[Letter, bytes]]) -> None:
        arrivals = [
            Arrival(letter.token, data, b"", self._folder, _settable(letter.flags), letter.date)
            for letter, data in letters
        ]
        [answer] = deliver_all([Consignment(self.maildir, arrivals)], self._stores)
        if isinstance(answer, OSError | MailError | sqlite3.Error):
            raise answer

    def finish(self) -> None:
        self.announce(self.maildir)

    def subscribe(self, folders: Iterable[str]) -> None:
        with self._stores.borrow(self.maildir) as store:
            for name in folders:
                store.subscribe(name, True)

    def close(self) -> None:
        self._stores.close()


def _settable(names: frozenset[str]) -> frozenset[str]:
    """Those that we can keep: others' system flags and what is no keyword go."""
    lower = {name.lower(): name for name in flags.SYSTEM}
    system = {lower[name.lower()] for name in names if name.lower() in lower}
    return frozenset(system | flags.only_keywords(names))


class OwnSource:
    """The folders of an open store."""

    def __init__(self, store: MailStore) -> None:
        self.store = store
        self._folder: Folder | None = None

    def folders(self) -> list[str]:
        return self.store.names()

    def subscribed(self) -> set[str]:
        return self.store.subscribed() & set(self.folders())

    def open(self, folder: str) -> int:
        self._folder = self.store.folder(folders.canonical(folder))
        self._folder.sync()
        rendering.ensure(self.store.index, self._folder.id)
        return self._folder.summary().exists

    def letters(self) -> Iterator[Letter]:
        folder = self._opened
        for uid in folder.uids():
            row = folder.row(uid)
            if row is not None:
                yield Letter(
                    row.email_id, row.flags, row.internal_date, row.size, str(uid), row.message_id
                )

    def load(self, chosen: Sequence[Letter]) -> Iterator[tuple[Letter, bytes]]:
        for letter in chosen:
            try:
                yield letter, self._opened.read(int(letter.place))
            except StoreError:
                continue

    @property
    def _opened(self) -> Folder:
        if self._folder is None:
            raise StoreError("No folder is open.")
        return self._folder
