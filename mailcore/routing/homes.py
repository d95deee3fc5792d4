"""An account's home: its delivery instructions, beside its Maildir.  docs/dotcourier.md.

Most accounts have none; a home is made when something is put into it.
"""

import contextlib
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path as FilePath

from mailcore import status
from mailcore.accounts.directory import AccountValue
from mailcore.errors import TemporaryFailure
from mailcore.routing import dotcourier
from mailcore.routing.dotcourier import Candidate

MAILDIR = "Maildir"  # the name by which a home knows the account's mail
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


@dataclass(frozen=True, slots=True)
class Found:
    """The file that speaks for an extension, and what its name's `default` stands for."""

    name: str
    default: str
    text: bytes


def make(account: AccountValue) -> FilePath:
    """The account's home, made if it is not there: its owner's alone, with a way to the mail.

    Raises OSError.
    """
    home = account.home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    way = home / MAILDIR
    if not way.is_symlink() and not way.exists():
        with contextlib.suppress(FileExistsError):  # somebody else was making it too
            way.symlink_to(os.path.relpath(account.maildir, home))
    return home


def instructions(home: FilePath, extension: str, word: str = "courier") -> Found | None:
    """The instructions for an extension; None when no file speaks for it.

    An extension without a file of its own is its account's: then `.courier` speaks.
    Raises TemporaryFailure when the file is there and must not or can't be read.
    """
    wanted = [*dotcourier.candidates(extension, word), Candidate(f".{word}")]
    for candidate in wanted if extension else wanted[:1]:
        try:
            text = read(home, candidate.name, dotcourier.LONGEST)
        except OSError as problem:
            if problem.errno in _ABSENT:
                continue
            raise _unusable(candidate.name, "can't be read") from problem
        return Found(candidate.name, candidate.default, text)
    return None


def speaks(home: FilePath, extension: str, word: str) -> bool:
    """Whether a file is there for an extension, the account's own aside.  Raises no error."""
    return any(os.path.lexists(home / each.name) for each in dotcourier.candidates(extension, word))


def write(home: FilePath, name: str, text: bytes) -> None:
    """Put a file into the home, all of it or nothing, readable by its owner only.

    Raises OSError.
    """
    temporary = home / f".{os.urandom(8).hex()}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(home / name)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def read(home: FilePath, name: str, longest: int) -> bytes:
    """A file of the home, one octet more of it than `longest` at most.

    A link in it may lead to another of its files only.  Raises OSError; TemporaryFailure when
    it must not be believed.
    """
    path = home / name
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as problem:
        if problem.errno != errno.ELOOP:
            raise
        target = FilePath(os.path.realpath(path))
        if target.parent != FilePath(os.path.realpath(home)):
            raise _unusable(name, "is a link that leads elsewhere") from None
        descriptor = os.open(target, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise _unusable(name, "is no file")
        if about.st_mode & stat.S_IWOTH:
            raise _unusable(name, "can be written by anybody")
        return file.read(longest + 1)


_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def _unusable(name: str, why: str) -> TemporaryFailure:
    return TemporaryFailure(status.OTHER_SYSTEM, f"Delivery instructions: {name} {why}.")
