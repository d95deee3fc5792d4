"""The vault: where expunged messages wait, for a while, to be wanted back.

`couriervault/<day of expunging>/<mailbox>/<file>`, beside the folders.  It has no cur/ and
its name no leading dot, so no reader of Maildirs takes it for mail, nor does `maildirsize`
count it.  A message comes and goes by one rename each: at every moment it is either in
its folder or here.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from pathlib import Path

DIRECTORY = "couriervault"
_KEYWORDS = ".keywords"
_LONGEST_LIST = 8 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """One message in the vault; `removed` and `date` in seconds, `size` in octets on disk.

    `id` is what people and forms call it; `date` is the message's INTERNALDATE.
    """

    id: str
    path: str
    folder: str
    name: str
    removed: float
    date: int
    size: int


def place(maildir: Path, folder: str, now: float) -> Path:
    """The directory for what is expunged from the mailbox `folder` today; made when missing."""
    directory = maildir / DIRECTORY / datetime.fromtimestamp(now, UTC).date().isoformat() / folder
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def note_keywords(directory: Path, words: Mapping[str, str]) -> None:
    """Remember keywords (base name → words), which file names do not bear."""
    if not words:
        return
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    descriptor = os.open(directory / _KEYWORDS, flags, 0o600)
    try:
        text = "".join(f"{base} {text}\n" for base, text in words.items())
        os.write(descriptor, text.encode("utf-8", "surrogateescape"))
    finally:
        os.close(descriptor)


def keywords(directory: Path) -> dict[str, str]:
    """Base name → keywords of what was expunged into this directory."""
    try:
        descriptor = os.open(directory / _KEYWORDS, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return {}
    with os.fdopen(descriptor, "rb") as opened:
        lines = opened.read(_LONGEST_LIST).decode("utf-8", "surrogateescape").splitlines()
    return {base: words for base, _, words in (line.partition(" ") for line in lines)}


def listing(maildir: Path) -> list[Kept]:
    """All that is in the vault, what was expunged last first."""
    found = [
        kept
        for _, day in _days(maildir)
        for folder in _directories(day)
        for kept in _messages(folder)
    ]
    return sorted(found, key=lambda kept: (kept.removed, kept.path), reverse=True)


def _messages(folder: os.DirEntry[str]) -> Iterator[Kept]:
    with os.scandir(folder.path) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
                    continue
                facts = entry.stat(follow_symlinks=False)
                yield Kept(
                    id=blake2b(os.fsencode(entry.path), digest_size=10).hexdigest(),
                    path=entry.path,
                    folder=folder.name,
                    name=entry.name,
                    removed=facts.st_ctime,
                    date=int(facts.st_mtime),
                    size=facts.st_size,
                )


def purge(kept: Iterable[Kept]) -> int:
    """Remove these for good; how many were there."""
    gone = 0
    for one in kept:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(one.path)
            gone += 1
    return gone


def expire(maildir: Path, before: date) -> None:
    """Remove what was expunged before that day (UTC)."""
    for day, entry in _days(maildir):
        if day < before:
            shutil.rmtree(entry.path, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.rmdir(maildir / DIRECTORY)


def shrink(maildir: Path, limit: int) -> int:
    """Remove the oldest until at most `limit` octets are left; how many messages went."""
    left = limit
    surplus = []
    for kept in listing(maildir):
        left -= kept.size
        if left < 0:
            surplus.append(kept)
    return purge(surplus)


def _days(maildir: Path) -> Iterator[tuple[date, os.DirEntry[str]]]:
    for entry in _directories(maildir / DIRECTORY):
        with contextlib.suppress(ValueError):
            yield date.fromisoformat(entry.name), entry


def _directories(parent: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    """The directories in one; a link could lead out of the account."""
    if os.path.islink(parent):
        return []
    try:
        with os.scandir(parent) as entries:
            return [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
