"""The files that hold accounts' filters: which one, whether it is private, what it says.

Parsed files are remembered by what the disk says of them, so a filter that has not changed is
not read again.
"""

import errno
import os
import stat
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from mailcore.conf.deployment import deployment
from mailcore.errors import GrammarError
from mailcore.maildrop import limits, parser
from mailcore.maildrop.host import FilterFailure
from mailcore.maildrop.tree import Block

SITE = "maildroprc"  # an administrator's, asked at every delivery
DELIVERY = ".mailfilter"  # asked at delivery
DIRECTORY = ".mailfilters"  # holds those that are asked while the peer waits

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MOST_REMEMBERED = 500

Mark = tuple[int, int, int, int]


class _Memory:
    """Parsed files of this process, the longest unused forgotten first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._blocks: OrderedDict[Mark, Block] = OrderedDict()

    def get(self, mark: Mark) -> Block | None:
        with self._lock:
            found = self._blocks.get(mark)
            if found is not None:
                self._blocks.move_to_end(mark)
            return found

    def put(self, mark: Mark, block: Block) -> None:
        with self._lock:
            self._blocks[mark] = block
            while len(self._blocks) > _MOST_REMEMBERED:
                self._blocks.popitem(last=False)


_memory = _Memory()


def site() -> Path:
    """Where the administrator's filter for everybody is, if there is one.  Courier maildroprc."""
    return deployment().home / SITE


def load(path: Path) -> Block:
    """The filter in a file that is its owner's alone.

    Raises FilterFailure with the owner's text when it is not, can't be read or is no filter;
    FileNotFoundError when it isn't there.
    """
    return _load(path, stat.S_IRWXG | stat.S_IRWXO)


def load_site() -> Block:
    """The administrator's filter, which all may read; nothing when there is none."""
    try:
        return _load(site(), stat.S_IWGRP | stat.S_IWOTH)
    except FileNotFoundError:
        return ()


def _load(path: Path, forbidden: int) -> Block:
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise FilterFailure(f"{path.name} is a link.") from None
        raise FilterFailure(f"{path.name} can't be read.") from problem
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        _check(path.name, about, forbidden, file=True)
        mark = (about.st_dev, about.st_ino, about.st_mtime_ns, about.st_size)
        block = _memory.get(mark)
        if block is None:
            block = _parsed(path.name, file.read(limits.SOURCE_OCTETS + 1))
            _memory.put(mark, block)
        return block


def check_directory(path: Path) -> None:
    """Raises FilterFailure unless a directory is there and its owner's alone."""
    try:
        about = path.lstat()
    except OSError as problem:
        raise FilterFailure(f"{path.name} can't be read.") from problem
    _check(path.name, about, stat.S_IRWXG | stat.S_IRWXO, file=False)


def candidates(name: str) -> Iterator[str]:
    """The files that speak for `name`: itself, then `-default` for ever less of it, `default`.

    Courier maildrop -M.
    """
    yield name
    while "-" in name:
        name = name.rpartition("-")[0]
        yield f"{name}-default"
    yield "default"


def _parsed(name: str, source: bytes) -> Block:
    try:
        return parser.parse(source)
    except GrammarError as error:
        raise FilterFailure(f"{name}, {error}") from None


def _check(name: str, about: os.stat_result, forbidden: int, *, file: bool) -> None:
    if not (stat.S_ISREG if file else stat.S_ISDIR)(about.st_mode):
        raise FilterFailure(f"{name} is no {'file' if file else 'directory'}.")
    if about.st_uid not in (0, os.geteuid()):
        raise FilterFailure(f"{name} belongs to somebody else.")
    if about.st_mode & forbidden:
        raise FilterFailure(f"{name} must be its owner's alone (chmod {'600' if file else '700'}).")
