"""Who is waiting for news of which mailbox: IDLE sessions, told within milliseconds.

News comes from three sides: announcements on the bus (our own deliveries and changes),
inotify (foreign programs), and a slow look at everything, should both be silent.  One
look at the Maildir serves every session that waits for it.
"""

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from mailcore import log
from mailcore.bus.subscribe import MailboxFeed, Token
from mailcore.mailbox import sync
from mailcore.mailbox.directories import stamps
from mailcore.mailbox.index import folder_rows
from mailcore.mailbox.index.database import DIRECTORY, FILE
from mailcore.mailbox.stores import Stores
from mailcore.maildir.watch import Watch
from mailcore.server import threads


class Waiting(Protocol):
    """A session in IDLE."""

    def news(self) -> None:
        """Something in its mailbox may have changed; called on the loop."""


class _Account:
    """The waiting sessions of one account, by folder."""

    __slots__ = ("folders", "index", "look_again", "looking", "numbers", "paths", "seen", "token")

    def __init__(self, token: Token) -> None:
        self.token = token
        self.folders: dict[int, set[Waiting]] = {}
        self.numbers: dict[int, list[int]] = {}
        self.paths: dict[int, Path] = {}
        self.seen: tuple[int, ...] = ()
        self.index: int | None = None
        self.looking = False
        self.look_again = False


class Hub:
    """Lives as long as the process's loop; call it from there only."""

    def __init__(self, stores: Stores, feed: MailboxFeed) -> None:
        self.stores = stores
        self.feed = feed
        self._accounts: dict[Path, _Account] = {}
        self._paths: dict[int, Path] = {}
        self._watch: Watch | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = log.get("imapd")

    def start(self) -> None:
        try:
            self._watch = Watch()
            asyncio.get_running_loop().add_reader(self._watch.fileno(), self._directories_changed)
        except OSError as error:
            self._log.info("inotify.unavailable", error=str(error))

    def stop(self) -> None:
        if self._watch is not None:
            asyncio.get_running_loop().remove_reader(self._watch.fileno())
            self._watch.close()
            self._watch = None

    def join(self, maildir: Path, folder_id: int, path: Path, session: Waiting) -> None:
        """`session` wants news of this folder from now on."""
        account = self._accounts.get(maildir)
        if account is None:
            token = self.feed.watch(maildir, self._caller(maildir))
            account = self._accounts[maildir] = _Account(token)
            if self.feed.is_off and self._watch is not None:
                # What other sessions change shows in the index before it shows in names.
                account.index = self._watch.add(f"{maildir}/{DIRECTORY}", written=True)
                if account.index is not None:
                    self._paths[account.index] = maildir
        waiting = account.folders.setdefault(folder_id, set())
        if not waiting and self._watch is not None:
            found = [self._watch.add(f"{path}/{part}") for part in ("new", "cur")]
            account.numbers[folder_id] = [number for number in found if number is not None]
            self._paths.update(dict.fromkeys(account.numbers[folder_id], maildir))
        account.paths[folder_id] = path
        waiting.add(session)

    def leave(self, maildir: Path, folder_id: int, session: Waiting) -> None:
        account = self._accounts.get(maildir)
        if account is None:
            return
        waiting = account.folders.get(folder_id, set())
        waiting.discard(session)
        if waiting:
            return
        account.folders.pop(folder_id, None)
        account.paths.pop(folder_id, None)
        for number in account.numbers.pop(folder_id, ()):
            self._paths.pop(number, None)
            if self._watch is not None:
                self._watch.remove(number)
        if not account.folders:
            self.feed.unwatch(account.token)
            if account.index is not None and self._watch is not None:
                self._paths.pop(account.index, None)
                self._watch.remove(account.index)
            del self._accounts[maildir]

    def poll(self) -> None:
        """Look at every account somebody waits for, if its files are not as they were last time.

        A few stat calls each; no index is opened for an account where nothing happened.
        """
        for maildir, account in list(self._accounts.items()):
            seen = _times(maildir, account.paths.values())
            if seen != account.seen:
                account.seen = seen
                self.look(maildir)

    def spawn(self, job: Callable[[], object]) -> None:
        """Run `job` in a store thread without waiting for it."""
        self._keep(self._quietly(job))

    async def _quietly(self, job: Callable[[], object]) -> None:
        try:
            await threads.store.run(job)
        except Exception:
            self._log.exception("job.failed")

    def _keep(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _caller(self, maildir: Path) -> Callable[[], None]:
        return lambda: self.look(maildir)

    def _directories_changed(self) -> None:
        if self._watch is None:
            return
        for maildir in {self._paths[n] for n in self._watch.read() if n in self._paths}:
            self.look(maildir)

    def look(self, maildir: Path) -> None:
        """Start a look at an account unless one is under way; then there will be another."""
        account = self._accounts.get(maildir)
        if account is None:
            return
        if account.looking:
            account.look_again = True
            return
        account.looking = True
        self._keep(self._looking(maildir, account))

    async def _looking(self, maildir: Path, account: _Account) -> None:
        try:
            while True:
                account.look_again = False
                await self._sync(maildir, list(account.folders))
                for waiting in list(account.folders.values()):
                    for session in list(waiting):
                        session.news()
                if not account.look_again:
                    return
        except Exception:
            self._log.exception("look.failed")
        finally:
            account.looking = False

    async def _sync(self, maildir: Path, folders: list[int]) -> None:
        """Take in foreign changes; in a thread only when there are any."""
        with self.stores.borrow(maildir) as store:
            stale = []
            for folder in folders:
                row = folder_rows.by_id(store.index, folder)
                if row is None:
                    continue
                try:
                    fresh = stamps(maildir / row.directory) == (row.new_mtime, row.cur_mtime)
                except OSError:
                    continue
                if not fresh:
                    stale.append(folder)
        if stale:
            await threads.store.run(self._sync_now, maildir, stale)

    def _sync_now(self, maildir: Path, folders: list[int]) -> None:
        with self.stores.borrow(maildir) as store:
            for folder in folders:
                sync.sync(store.index, folder)


def _times(maildir: Path, folders: Iterable[Path]) -> tuple[int, ...]:
    """When the index's log and the folders' directories were written last; 0 for what is gone."""
    index = f"{maildir}/{DIRECTORY}/{FILE}"
    looked_at = [index, f"{index}-wal"]
    for folder in folders:
        looked_at += [f"{folder}/new", f"{folder}/cur"]
    found = []
    for path in looked_at:
        try:
            found.append(os.stat(path).st_mtime_ns)  # noqa: PTH116
        except OSError:
            found.append(0)
    return tuple(found)
