"""UID lists that lie in a folder: `courierimapuiddb` (read, write), `dovecot-uidlist` (read).

The index beside the Maildir hands out UIDs; these files let them survive the loss of the
index, and let the mailboxes of another server keep theirs, so that no client downloads
its mail again.
"""

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
    """What either server left here, Courier's file first; None when there is nothing usable."""
    return _read_courier(folder / COURIER) or _read_dovecot(folder / DOVECOT)


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
