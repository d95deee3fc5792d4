"""Idle connections of this process, kept a while for the next message to the same place."""

import threading
import time

from mailcore.transports.esmtp import crowd
from mailcore.transports.esmtp.session import Session

MOST = 64
_LOOK_EVERY = 5.0

Key = tuple[object, ...]


class IdleSessions:
    """One session per key at most; a thread says goodbye to those that waited too long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[Key, Session] = {}
        self._keep = 60.0
        self._thread: threading.Thread | None = None

    def take(self, key: Key) -> Session | None:
        """A session for `key` that still answers RSET, or None."""
        with self._lock:
            session = self._sessions.pop(key, None)
        if session is None:
            return None
        if session.wire.is_quiet() and session.reset():
            session.fresh = True
            return session
        session.usable = False
        session.close()
        return None

    def give(self, key: Key, session: Session, keep: float) -> None:
        """Keep `session` for up to `keep` seconds; 0 ends it now."""
        displaced: Session | None = session
        if keep and session.usable:
            session.rest()
            with self._lock:
                self._keep = keep
                displaced = self._sessions.pop(key, None)
                if len(self._sessions) < MOST:
                    self._sessions[key] = session
                else:
                    displaced = displaced or session
                if self._thread is None:
                    self._thread = threading.Thread(target=self._watch, name="idle", daemon=True)
                    self._thread.start()
        if displaced is not None:
            displaced.close()

    def make_room(self, network: str) -> None:
        """End one idle session with a server in `network`, if there is one."""
        with self._lock:
            found = next(
                (
                    key
                    for key, each in self._sessions.items()
                    if crowd.network(each.target.address) == network
                ),
                None,
            )
            session = self._sessions.pop(found) if found is not None else None
        if session is not None:
            session.close()

    def end(self) -> None:
        """End all of them; what is given back later is kept as before."""
        with self._lock:
            ended = list(self._sessions.values())
            self._sessions.clear()
        for session in ended:
            session.close()

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY)
            limit = time.monotonic() - self._keep
            with self._lock:
                old = [key for key, each in self._sessions.items() if each.idle_since < limit]
                ended = [self._sessions.pop(key) for key in old]
                if not self._sessions:
                    self._thread = None
            for session in ended:
                session.close()
            if self._thread is None:
                return
