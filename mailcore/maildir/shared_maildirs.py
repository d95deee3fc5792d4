"""Folders shared by the file system's permissions: `shared-maildirs`.  Courier maildirmake(1).

`maildirmake -S` makes a Maildir for sharing, `-s read|write -f name` a folder in it, whose modes
say what others may do there; `--add name=path` writes `name path` into a subscriber's own Maildir.
Here all accounts are one user of the system, so the modes are judged as they stand for others, or
for the directory's group.
"""

import grp
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mailcore.errors import StoreError
from mailcore.maildir import folders

FILE = "shared-maildirs"
_LARGEST = 64 * 1024
_MOST = 200


@dataclass(frozen=True, slots=True)
class Modes:
    """What a folder's permissions let people do who do not own it.

    `keeps`: the sticky bit, by which nobody removes what somebody else put there.
    """

    read: bool = False
    write: bool = False
    keeps: bool = False


def parse(lines: Iterable[str]) -> dict[str, Path]:
    """`name path` each; what is no usable name or no absolute path is passed over."""
    found: dict[str, Path] = {}
    for line in lines:
        name, _, path = line.strip().replace("\t", " ").partition(" ")
        path = path.strip()
        if path.startswith("/") and "\0" not in path and _is_level(name) and len(found) < _MOST:
            found.setdefault(name, Path(path))
    return found


def subscribed(maildir: Path, roots: Iterable[str]) -> dict[str, Path]:
    """What the account's own list names, as far as it lies below one of `roots`.

    Whoever could write that file, a filter for example, must not reach other people's mail by it.
    """
    allowed = [Path(os.path.realpath(root)) for root in roots]
    if not allowed:
        return {}
    try:
        descriptor = os.open(maildir / FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as opened:
            text = opened.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return {}
    real = {name: Path(os.path.realpath(path)) for name, path in parse(text.split("\n")).items()}
    return {
        name: path
        for name, path in real.items()
        if any(path.is_relative_to(root) for root in allowed)
    }


def usable(named: Mapping[str, Path]) -> dict[str, Path]:
    """Those that are Maildirs we can keep an index in."""
    return {
        name: path
        for name, path in named.items()
        if folders.is_maildir(path) and os.access(path, os.R_OK | os.W_OK | os.X_OK)
    }


def modes(maildir: Path, directory: str, groups: frozenset[str]) -> Modes:
    """What others, or members of `groups`, may do in a folder; nothing in the Maildir itself."""
    if not directory:
        return Modes()
    try:
        found = os.lstat(maildir / directory / "cur")
    except OSError:
        return Modes()
    bits = found.st_mode
    group = _group(found.st_gid) in groups
    return Modes(
        read=bool(bits & stat.S_IROTH or (group and bits & stat.S_IRGRP)),
        write=bool(bits & stat.S_IWOTH or (group and bits & stat.S_IWGRP)),
        keeps=bool(bits & stat.S_ISVTX),
    )


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return ""


def _is_level(name: str) -> bool:
    if folders.SEPARATOR in name:
        return False
    try:
        return bool(folders.canonical(f"{folders.INBOX}.{name}"))
    except StoreError:
        return False
