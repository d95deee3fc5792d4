"""The settings in force in this process, swapped whole when the revision changes.

A daemon thread learns of a new revision from the bus at once and by asking the
database every two seconds; nobody else waits for either.  A process that forks
starts a thread of its own when it first asks.
"""

import os
import threading
from collections.abc import Callable

from django.db import close_old_connections, connections
from django.db.utils import Error as DatabaseError

from mailcore import log
from mailcore.bus.revisions import RevisionBell
from mailcore.conf.deployment import deployment
from mailcore.conf.models import Revision, Setting
from mailcore.conf.schema.registry import SETTINGS, Snapshot, build

POLL_SECONDS = 2.0

_lock = threading.Lock()
_current: Snapshot | None = None
_watching = False
_watch_enabled = True
_listeners: list[Callable[[Snapshot], None]] = []


def snapshot() -> Snapshot:
    """The settings in force.  The first call reads the database, later ones do no I/O."""
    current = _current
    return current if current is not None and _watching else _start()


def on_change(listener: Callable[[Snapshot], None]) -> None:
    """Call `listener` (from the watching thread) after each swap."""
    _listeners.append(listener)


def refresh() -> Snapshot:
    """Read the revision now and swap if it is a new one.  Raises what the database raises."""
    global _current
    number = Revision.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    current = _current
    if current is not None and current.revision == number:
        return current
    fresh = _load(number)
    _current = fresh
    for listener in _listeners:
        listener(fresh)
    return fresh


def _load(number: int) -> Snapshot:
    scopes: dict[str, dict[str, dict[str, object]]] = {}
    for row in Setting.objects.all():
        declared = SETTINGS.get(row.section, {}).get(row.name)
        if declared is not None:
            value = tuple(row.value) if isinstance(row.value, list) else row.value
            scopes.setdefault(row.scope, {}).setdefault(row.section, {})[row.name] = value
    values = scopes.pop("", {})
    return build(number, deployment().hostname, values, scopes)


def _start() -> Snapshot:
    global _watching
    with _lock:
        fresh = _current or refresh()
        begin = not _watching and _watch_enabled
        _watching = True  # before the thread looks at it
        if begin:
            threading.Thread(target=_watch, name="settings", daemon=True).start()
    return fresh


def _watch() -> None:
    bell = RevisionBell(deployment().redis_url)
    logger = log.get("conf")
    while _watching:
        bell.wait(POLL_SECONDS)
        try:
            close_old_connections()
            refresh()
        except DatabaseError as error:
            logger.warning("settings.unreadable", error=str(error))
            connections.close_all()


def without_watching() -> None:
    """For one-shot commands and tests: read when asked to refresh, start no thread."""
    global _watch_enabled
    _watch_enabled = False


def forget() -> None:
    """Drop what was read, so that the next `snapshot()` reads again."""
    global _current, _watching
    _current = None
    _watching = False


def _start_anew() -> None:
    """In a forked child: a server that watches, whatever its parent was."""
    global _lock, _watch_enabled
    _lock = threading.Lock()
    _watch_enabled = True
    forget()


os.register_at_fork(after_in_child=_start_anew)
