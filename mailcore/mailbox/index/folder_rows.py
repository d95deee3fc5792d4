"""Rows of folders: registering them, reserving UIDs, next mod-sequence, counters."""

import time
from dataclasses import dataclass
from pathlib import Path

from mailcore.mailbox.index.database import Index, modseq_now
from mailcore.maildir import uidlist

RESERVE = 1000
KEPT_EXPUNGES = 20_000
_NO_LISTS = "0 0"

_COLUMNS = (
    "id, name, directory, uidvalidity, uidnext, modseq, messages, unseen, deleted, octets,"
    " recent_from, new_mtime, cur_mtime, scanned, touched"
)


@dataclass(frozen=True, slots=True)
class FolderRow:
    """What the index knows of one folder; times of directories in nanoseconds."""

    id: int
    name: str
    directory: str
    uidvalidity: int
    uidnext: int
    modseq: int
    messages: int
    unseen: int
    deleted: int
    octets: int
    recent_from: int
    new_mtime: int
    cur_mtime: int
    scanned: int
    touched: int


def by_name(index: Index, name: str) -> FolderRow | None:
    found = index.row(f"SELECT {_COLUMNS} FROM folders WHERE name = ?", name)  # noqa: S608
    return FolderRow(*found) if found else None


def by_id(index: Index, folder: int) -> FolderRow | None:
    found = index.row(f"SELECT {_COLUMNS} FROM folders WHERE id = ?", folder)  # noqa: S608
    return FolderRow(*found) if found else None


def all_rows(index: Index) -> list[FolderRow]:
    return [FolderRow(*row) for row in index.rows(f"SELECT {_COLUMNS} FROM folders ORDER BY name")]  # noqa: S608


def register(index: Index, name: str, directory: str) -> None:
    """Take a folder into the index, with the UIDVALIDITY it had under any earlier index."""
    kept = uidlist.read(index.maildir / directory)
    uidvalidity = kept.uidvalidity if kept else _fresh_uidvalidity(index)
    uidnext = kept.uidnext if kept else 1
    index.execute(
        "INSERT OR IGNORE INTO folders (name, directory, uidvalidity, uidnext, reserved, modseq)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (name, directory, uidvalidity, uidnext, uidnext, modseq_now()),
    )
    row = by_name(index, name)
    if row is not None and _forgotten(index, row.id) is None:
        _forget_until(index, row.id, row.modseq)


def forget(index: Index, folder: int) -> None:
    """Drop a folder and everything known of its messages."""
    low, high = folder << 32, (folder + 1) << 32
    for table in ("envelopes", "structures", "headers", "listings"):
        index.execute(f"DELETE FROM {table} WHERE key >= ? AND key < ?", (low, high))  # noqa: S608
    for table in ("messages", "expunged", "arrivals"):
        index.execute(f"DELETE FROM {table} WHERE folder = ?", (folder,))  # noqa: S608
    index.execute("DELETE FROM folders WHERE id = ?", (folder,))
    index.execute("DELETE FROM account WHERE name = ?", (f"forgotten {folder}",))


def reserve(index: Index, folder: int, count: int) -> None:
    """Make sure that `count` UIDs can be handed out and survive a power cut.

    Call it before the transaction that hands them out; it commits by itself.
    """
    row = index.row("SELECT uidnext, reserved, scanned FROM folders WHERE id = ?", folder)
    if row is None or row[0] + count <= row[1]:
        return
    with index.writing(durable=True):
        index.execute(
            "UPDATE folders SET reserved = max(reserved, uidnext + ?) WHERE id = ?",
            (count + RESERVE, folder),
        )
        if row[2] and not lists_changed(index, folder):
            save_uids(index, folder)  # else, as before the first look, they know more than we do


def take_uids(index: Index, folder: int, count: int) -> int:
    """Hand out `count` consecutive UIDs; the first one.  Within a write transaction."""
    first, reserved = index.execute(
        "UPDATE folders SET uidnext = uidnext + ? WHERE id = ? RETURNING uidnext - ?, reserved",
        (count, folder, count),
    ).fetchone()
    if first + count > reserved:
        # Another process took them between `reserve` and now: flush this commit instead.
        raise UidsNotReserved
    return int(first)


class UidsNotReserved(Exception):
    """Roll back, reserve again, start over."""


def next_modseq(index: Index, folder: int) -> int:
    """A new mod-sequence for a change in this folder.  Within a write transaction."""
    (modseq,) = index.execute(
        "UPDATE folders SET modseq = modseq + 1 WHERE id = ? RETURNING modseq", (folder,)
    ).fetchone()
    return int(modseq)


def forget_expunged(index: Index, folder: int) -> None:
    """Keep only the latest expunges: enough for a client that was away for long."""
    with index.writing():
        row = index.row(
            "SELECT modseq FROM expunged WHERE folder = ? ORDER BY modseq DESC LIMIT 1 OFFSET ?",
            folder, KEPT_EXPUNGES,
        )  # fmt: skip
        if row is not None:
            index.execute("DELETE FROM expunged WHERE folder = ? AND modseq < ?", (folder, row[0]))
            _forget_until(index, folder, row[0] - 1)
        elif _forgotten(index, folder) is None:
            now = by_id(index, folder)
            _forget_until(index, folder, 0 if now is None else now.modseq)


def knows_expunges_since(index: Index, folder: int, modseq: int) -> bool:
    """Whether all that vanished after `modseq` is still known."""
    forgotten = _forgotten(index, folder)
    return forgotten is not None and modseq >= forgotten


def _forgotten(index: Index, folder: int) -> int | None:
    """The last mod-sequence whose expunges may have been forgotten; None when nobody noted it."""
    found = index.get(f"forgotten {folder}")
    return None if found is None else int(found)


def _forget_until(index: Index, folder: int, modseq: int) -> None:
    index.put(f"forgotten {folder}", str(modseq))


def raise_uidnext(index: Index, folder: int, uidnext: int) -> None:
    """UIDs below `uidnext` were handed out by somebody else; durable when it returns."""
    row = index.row("SELECT uidnext FROM folders WHERE id = ?", folder)
    if row is not None and row[0] < uidnext:
        with index.writing(durable=True):
            index.execute(
                "UPDATE folders SET uidnext = max(uidnext, ?), reserved = max(reserved, ?)"
                " WHERE id = ?",
                (uidnext, uidnext, folder),
            )


def take_uidvalidity(index: Index, folder: int, uidvalidity: int) -> None:
    """Another server's UIDVALIDITY, for a folder in which no UID was given; durable."""
    with index.writing(durable=True):
        index.execute("UPDATE folders SET uidvalidity = ? WHERE id = ?", (uidvalidity, folder))


def save_uids(index: Index, folder: int) -> None:
    """Write `courierimapuiddb`, with the reserved end as its next UID."""
    row = index.row("SELECT directory, uidvalidity, reserved FROM folders WHERE id = ?", folder)
    if row is None:
        return
    messages = index.rows("SELECT uid, base FROM messages WHERE folder = ? ORDER BY uid", folder)
    path: Path = index.maildir / row[0]
    if path.is_dir():
        uidlist.write(path, row[1], row[2], messages)
        if (index.maildir / uidlist.DOVECOT).exists():
            uidlist.write_dovecot(path, row[1], row[2], messages)
        index.execute("UPDATE folders SET saved_modseq = modseq WHERE id = ?", (folder,))
        know_lists(index, folder)


def lists_changed(index: Index, folder: int) -> bool:
    """Whether the lists of UIDs in the folder are other than we wrote, or saw, them last."""
    return (index.get(f"lists {folder}") or _NO_LISTS) != _list_stamps(index, folder)


def know_lists(index: Index, folder: int) -> None:
    """The lists are known as they are now.  Within a write transaction."""
    index.put(f"lists {folder}", _list_stamps(index, folder))


def _list_stamps(index: Index, folder: int) -> str:
    row = index.row("SELECT directory FROM folders WHERE id = ?", folder)
    path: Path = index.maildir / (row[0] if row else "")
    return " ".join(map(str, uidlist.stamps(path)))


def _fresh_uidvalidity(index: Index) -> int:
    """The time, but never one this account has used: a re-created folder is another folder."""
    last = int(index.get("uidvalidity") or 0)
    chosen = max(int(time.time()), last + 1)
    index.put("uidvalidity", str(chosen))
    return chosen
