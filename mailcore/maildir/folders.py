"""Maildir++ folders: which exist, make, rename, remove.

INBOX is the Maildir itself; `INBOX.A.B` is the directory `.A.B` inside it, named in UTF-8
(Courier 1.0) or, in older Maildirs, modified UTF-7.  Nothing else may turn a name that came
from a peer into a path: `directory` is that one gate.
"""

import contextlib
import os
import shutil
import unicodedata
from pathlib import Path

from mailcore.errors import GrammarError, StoreError
from mailcore.protocol.imap import mailbox_name

INBOX = "INBOX"
SEPARATOR = "."
MAX_DIRECTORY_OCTETS = 240
MAX_DEPTH = 32
_PARTS = ("cur", "new", "tmp")


def canonical(name: str) -> str:
    """The one spelling of a mailbox name: INBOX in capitals, Unicode composed (NFC).

    Raises StoreError when no folder can have that name.
    """
    first, dot, rest = name.partition(SEPARATOR)
    if first.upper() != INBOX:
        raise StoreError("Invalid mailbox name.")
    if not dot:
        return INBOX
    rest = unicodedata.normalize("NFC", rest)
    components = rest.split(SEPARATOR)
    if len(components) > MAX_DEPTH or not all(map(_is_component, components)):
        raise StoreError("Invalid mailbox name.")
    try:
        octets = len(rest.encode("utf-8"))
    except UnicodeEncodeError:
        raise StoreError("Invalid mailbox name.") from None
    if octets > MAX_DIRECTORY_OCTETS:
        raise StoreError("Invalid mailbox name.")
    return INBOX + SEPARATOR + rest


def _is_component(text: str) -> bool:
    """No empty ones, so no `..`; no slash; nothing a terminal or a log would obey."""
    return (
        bool(text)
        and text == text.strip()
        and not any(
            character in "/%*\x7f\ufeff"
            or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
            for character in text
        )
    )


def directory(name: str) -> str:
    """The directory of a new folder, relative to the Maildir; `""` for INBOX."""
    return canonical(name)[len(INBOX) :]


def name_of(entry: str) -> str | None:
    """The mailbox name of a directory entry `.A.B`, None when it cannot be shown."""
    shown = entry[1:]
    if "&" in shown and shown.isascii():
        with contextlib.suppress(GrammarError):
            shown = mailbox_name.decode_utf7(shown.encode())
    try:
        found = canonical(INBOX + SEPARATOR + shown)
    except StoreError:
        return None
    return found if found == INBOX + SEPARATOR + shown else None


def listing(maildir: Path) -> dict[str, str]:
    """Mailbox name → directory entry of every folder, INBOX first.

    A symbolic link is no folder: it could lead out of the account.  A directory whose
    UTF-7 name another one has in UTF-8 is left out, so each name stays one folder.
    """
    found = {INBOX: ""}
    older: dict[str, str] = {}
    with os.scandir(maildir) as entries:
        for entry in entries:
            if not _is_folder(entry):
                continue
            name = name_of(entry.name)
            if name is not None:
                (found if name == INBOX + entry.name else older)[name] = entry.name
    for name, entry_name in older.items():
        found.setdefault(name, entry_name)
    return dict(sorted(found.items()))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    if not entry.name.startswith(".") or entry.name in (".", ".."):
        return False
    if not entry.is_dir(follow_symlinks=False):
        return False
    return os.path.isdir(f"{entry.path}/cur") and not os.path.islink(f"{entry.path}/cur")


def make(path: Path, *, folder: bool) -> None:
    """Make a Maildir (or a folder of one) where there may be some of it already."""
    path.mkdir(mode=0o700, parents=not folder, exist_ok=True)
    for part in _PARTS:
        (path / part).mkdir(mode=0o700, exist_ok=True)
    if folder:
        (path / "maildirfolder").touch(mode=0o600, exist_ok=True)


def is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() and (path / "new").is_dir()


def rename(maildir: Path, before: str, after: str) -> None:
    """Move one folder's directory; neither name may be INBOX's.

    Raises StoreError when `after` exists (a rename never overwrites mail).
    """
    target = maildir / after
    if target.exists():
        raise StoreError("Mailbox already exists.")
    (maildir / before).rename(target)


def remove(maildir: Path, entry: str) -> None:
    """Remove one folder and its mail.

    The directory first takes a name that is no folder's, so that a crash half-way
    leaves rubbish rather than half a mailbox.
    """
    if not entry.startswith(".") or "/" in entry:
        raise StoreError("Invalid mailbox name.")
    rubbish = maildir / "tmp" / f"removed{entry[:100]}.{os.getpid()}.{os.urandom(4).hex()}"
    (maildir / entry).rename(rubbish)
    shutil.rmtree(rubbish, ignore_errors=True)
