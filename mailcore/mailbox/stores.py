"""Open indexes, lent out: a few per process serve any number of connections."""

import contextlib
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

from mailcore.mailbox.index.database import DIRECTORY, FILE
from mailcore.mailbox.sharing import Sharing
from mailcore.mailbox.store import MailStore, never

MOST_IDLE = 48


class Stores:
    """Borrow a MailStore for the length of one job, from any thread.

    Nobody shares a store at a time, so jobs of one account run side by side.
    """

    def __init__(
        self,
        announce: Callable[[Path], None],
        most_idle: int = MOST_IDLE,
        *,
        keeps: Callable[[], bool] = never,
    ) -> None:
        self.announce = announce
        self.keeps = keeps
        self.sharing = Sharing()
        self.most_idle = most_idle
        self._idle: OrderedDict[Path, list[tuple[int, MailStore]]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """A child must not use its parent's database connections."""
        self._lock = threading.Lock()
        self._idle, self._count = OrderedDict(), 0

    @contextlib.contextmanager
    def borrow(self, maildir: Path) -> Iterator[MailStore]:
        """An open store; closed instead of kept when the job failed in the database."""
        inode, store = self._take(maildir)
        try:
            yield store
        except sqlite3.Error:
            store.close()
            raise
        except BaseException:
            self._give_back(maildir, inode, store)
            raise
        self._give_back(maildir, inode, store)

    def has_idle(self, maildir: Path) -> bool:
        """Whether borrowing would cost no opening."""
        return maildir in self._idle

    def close(self) -> None:
        with self._lock:
            idle, self._idle, self._count = self._idle, OrderedDict(), 0
        for many in idle.values():
            for _, store in many:
                store.close()

    def _take(self, maildir: Path) -> tuple[int, MailStore]:
        inode = _inode(maildir)
        while True:
            with self._lock:
                many = self._idle.get(maildir)
                if not many:
                    break
                kept, store = many.pop()
                self._count -= 1
                if not many:
                    del self._idle[maildir]
            if kept == inode:
                return inode, store
            store.close()
        store = MailStore(maildir, announce=self.announce, keeps=self.keeps)
        return inode or _inode(maildir), store

    def _give_back(self, maildir: Path, inode: int, store: MailStore) -> None:
        surplus: list[MailStore] = []
        with self._lock:
            self._idle.setdefault(maildir, []).append((inode, store))
            self._idle.move_to_end(maildir)
            self._count += 1
            while self._count > self.most_idle:
                oldest, many = next(iter(self._idle.items()))
                surplus.append(many.pop(0)[1])
                self._count -= 1
                if not many:
                    del self._idle[oldest]
        for one in surplus:
            one.close()


def _inode(maildir: Path) -> int:
    """Tells an index from one that replaced it; 0 when there is none."""
    try:
        return os.stat(f"{maildir}/{DIRECTORY}/{FILE}").st_ino
    except OSError:
        return 0
