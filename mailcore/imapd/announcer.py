"""Tell other processes of changes without making the client wait for Valkey."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path


class Announcer:
    """One thread that passes on what changed; a burst of changes to an account is one message.

    `publish` is called with the accounts; it must not raise.
    """

    def __init__(self, publish: Callable[[set[Path]], None]) -> None:
        self._publish = publish
        self._changed: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Pass on what is left, then end the thread."""
        if self._thread is not None:
            self._changed.put(None)
            self._thread.join(5)
            self._thread = None

    def announce(self, maildir: Path) -> None:
        """The account at `maildir` changed; from any thread."""
        self._changed.put(maildir)

    def _run(self) -> None:
        going = True
        while going:
            batch = [self._changed.get()]
            while not self._changed.empty():
                batch.append(self._changed.get())
            going = None not in batch
            changed = {one for one in batch if one is not None}
            if changed:
                self._publish(changed)
