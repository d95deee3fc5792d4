"""Keep what leaves the queue: a file of each message and one of its history.  Courier ARCHIVEDIR.

Below the setting's directory, by the day of acceptance: `2026.11.22/ID.eml` as it was sent on,
`ID.json` with its envelope and all that became of it.  Nothing is ever removed there by us.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from django.db.backends.utils import CursorWrapper

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment
from mailcore.queue import database, ids, spool

_COLUMNS = (
    "id, created_at, reverse_path, source, auth_identity, listener, received_from, envid,"
    " prefix, skip, file"
)
_CHUNK = 1024 * 1024

_log = log.get("queue")


def directory() -> Path | None:
    """Where the archive is; None when none is kept.  A relative path is below the home."""
    wanted = snapshot().queue.archive_directory
    return deployment().home / wanted if wanted else None


def keep(cursor: CursorWrapper, messages: Sequence[int]) -> None:
    """Write those of `messages` that have no recipient left; in the transaction that ends them.

    Trouble with the archive is logged and delays nobody's mail.
    """
    root = directory()
    if root is None:
        return
    for some in database.chunks(messages):
        cursor.execute(
            f"SELECT {_COLUMNS} FROM queue_message WHERE id IN ({database.marks(some)})"  # noqa: S608
            " AND NOT EXISTS (SELECT 1 FROM queue_recipient"
            " WHERE queue_recipient.message_id = queue_message.id)",
            some,
        )
        for row in cursor.fetchall():
            try:
                _keep(cursor, root, row)
            except OSError as problem:
                _log.error("archive.failed", id=ids.text(row[0]), error=repr(problem))


def _keep(cursor: CursorWrapper, root: Path, row: Sequence[Any]) -> None:
    number, created_at, *envelope, prefix, skip, file = row
    day = root / time.strftime("%Y.%m.%d", time.gmtime(created_at))
    day.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = ids.text(number)
    told = {"id": name, "accepted": created_at, **dict(zip(_ENVELOPE, envelope, strict=True))}
    told["events"] = _events(cursor, number)
    _write(day / f"{name}.json", [json.dumps(told, ensure_ascii=False, indent=1).encode()])
    _write(day / f"{name}.eml", chain([bytes(prefix)], _content(cursor, number, file, skip)))


_ENVELOPE = ("reverse_path", "source", "login", "listener", "received_from", "envid")


def _events(cursor: CursorWrapper, number: int) -> list[dict[str, object]]:
    cursor.execute(
        "SELECT at, event, address, status, peer, text FROM queue_trace"
        " WHERE message_id = %s AND event <> 'dialogue' ORDER BY id",
        (number,),
    )
    names = ("at", "event", "address", "status", "peer", "text")
    return [dict(zip(names, event, strict=True)) for event in cursor.fetchall()]


def _content(cursor: CursorWrapper, number: int, file: str, skip: int) -> Iterator[bytes]:
    """What follows the prefix."""
    if not file:
        cursor.execute("SELECT data FROM queue_content WHERE id = %s", (number,))
        yield bytes(cursor.fetchone()[0])[skip:]
        return
    with spool.path(file).open("rb") as stream:
        stream.seek(skip)
        while chunk := stream.read(_CHUNK):
            yield chunk


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """All of it or nothing, on the disk when this returns."""
    written = path.with_name(f".{path.name}")
    with written.open("wb") as stream:
        for piece in pieces:
            stream.write(piece)
        stream.flush()
        os.fsync(stream.fileno())
    written.replace(path)
