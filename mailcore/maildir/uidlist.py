"""UID lists that lie in a folder: `courierimapuiddb`, and `dovecot-uidlist` where Dovecot was.

The index beside the Maildir hands out UIDs; these files let them survive the loss of the
index, and let the mailboxes of another server keep theirs, so that no client downloads
its mail again.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mailcore.maildir import names

COURIER = "courierimapuiddb"
DOVECOT = "dovecot-uidlist"
_MAX_UID = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class UidList:
    """UIDVALIDITY, the next UID, and base name → UID."""

    uidvalidity: int
    uidnext: int
    uids: dict[str, int]


def read(folder: Path) -> UidList | None:
    """What was left here, None when there is nothing usable.

    The newer file counts, but not an empty one before one with messages: that one was copied here
    with its old time stamp.
    """
    courier, dovecot = stamps(folder)
    lists = [_read_courier(folder / COURIER), _read_dovecot(folder / DOVECOT)]
    if dovecot > courier:
        lists.reverse()
    usable = [one for one in lists if one is not None]
    return next((one for one in usable if one.uids), usable[0] if usable else None)


def stamps(folder: Path) -> tuple[int, int]:
    """When Courier's and Dovecot's files were written, in nanoseconds; 0 for none."""
    return _stamp(folder / COURIER), _stamp(folder / DOVECOT)


def _stamp(file: Path) -> int:
    try:
        return file.lstat().st_mtime_ns
    except OSError:
        return 0


def write_dovecot(
    folder: Path, uidvalidity: int, uidnext: int, messages: Iterable[tuple[int, str]]
) -> None:
    """Write `dovecot-uidlist` anew, keeping what only Dovecot knows of mailbox and messages.

    Leaves it alone while Dovecot holds its lock.
    """
    lock = folder / f"{DOVECOT}.lock"
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    try:
        head, *rest = _lines(folder / DOVECOT) or [""]
        more = [field for field in head.split()[1:] if field[0] not in "VN"]
        known = {}
        for line in rest:
            uid, _, words = line.partition(" ")
            known[uid] = (" " + words).partition(" :")[0]
        lines = [" ".join(["3", f"V{uidvalidity}", f"N{uidnext}", *more])]
        lines += [f"{uid}{known.get(str(uid), '')} :{base}" for uid, base in messages]
        temporary = folder / "tmp" / f"{DOVECOT}.{names.unique()}"
        temporary.write_text("\n".join([*lines, ""]), encoding="utf-8", errors="surrogateescape")
        temporary.replace(folder / DOVECOT)
    finally:
        lock.unlink(missing_ok=True)


def write(
    folder: Path, uidvalidity: int, uidnext: int, messages: Iterable[tuple[int, str]]
) -> None:
    """Write `courierimapuiddb` anew; `messages` are (UID, base name) in order of UID."""
    temporary = folder / "tmp" / f"{COURIER}.{names.unique()}"
    lines = [f"1 {uidvalidity} {uidnext}\n", *(f"{uid} {base}\n" for uid, base in messages)]
    temporary.write_text("".join(lines), encoding="utf-8", errors="surrogateescape")
    temporary.replace(folder / COURIER)


def _lines(file: Path) -> list[str]:
    if file.is_symlink():
        return []
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []


def _read_courier(file: Path) -> UidList | None:
    lines = _lines(file)
    try:
        version, uidvalidity, uidnext = (int(word) for word in lines[0].split())
        uids = {name: int(uid) for uid, _, name in (line.partition(" ") for line in lines[1:])}
    except (IndexError, ValueError):
        return None
    return _checked(uidvalidity, uidnext, uids) if version == 1 else None


def _read_dovecot(file: Path) -> UidList | None:
    """`3 V<uidvalidity> N<next uid> …`, then `<uid> [<key><value> …] :<file name>`."""
    lines = _lines(file)
    uids: dict[str, int] = {}
    try:
        version, *fields = lines[0].split()
        header = {field[0]: field[1:] for field in fields}
        for line in lines[1:]:
            uid, _, rest = line.partition(" ")
            _, colon, name = (" " + rest).partition(" :")
            if colon:
                uids[names.split(name)[0]] = int(uid)
        found = _checked(int(header["V"]), int(header["N"]), uids)
    except (IndexError, KeyError, ValueError):
        return None
    return found if version == "3" else None


def _checked(uidvalidity: int, uidnext: int, uids: dict[str, int]) -> UidList | None:
    """A list that breaks its own rules is worse than none."""
    values = uids.values()
    if not (0 < uidvalidity <= _MAX_UID and 0 < uidnext <= _MAX_UID):
        return None
    if values and (min(values) < 1 or max(values) > _MAX_UID or len(set(values)) != len(values)):
        return None
    return UidList(uidvalidity, max(uidnext, max(values, default=0) + 1), uids)
