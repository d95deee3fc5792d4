"""Folders that are emptied by age.  Courier IMAP_EMPTYTRASH."""

import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.errors import ConfigError, StoreError
from mailcore.mailbox import files
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.store import INBOX, MailStore
from mailcore.maildir import folders

_RULE = re.compile(r"([^:,]{1,240}):(\d{1,5})")
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Rule:
    """Messages go from `folder` when they have been there for `days`."""

    folder: str
    days: int


def parse(text: str) -> Rule:
    """`Trash:7`; the folder's name is complete (`INBOX.Trash`) or without `INBOX.`."""
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"mailboxes.empty_trash: {text!r} is not a folder and days: Trash:7")
    name = found[1]
    if name.partition(folders.SEPARATOR)[0].upper() != INBOX:
        name = INBOX + folders.SEPARATOR + name
    try:
        return Rule(folders.canonical(name), int(found[2]))
    except StoreError:
        raise ConfigError(f"mailboxes.empty_trash: {found[1]!r} is no folder's name") from None


def expire(store: MailStore, rules: Sequence[Rule], now: float) -> int:
    """Expunge what is too old; how many messages.  Folders that are not there don't matter."""
    gone = 0
    for rule in rules:
        with contextlib.suppress(MailboxMissing):
            folder = store.folder(rule.folder)
            folder.sync()
            gone += len(folder.expunge(_older(folder, now - rule.days * _DAY)))
    return gone


def _older(folder: Folder, edge: float) -> list[int]:
    """The UIDs of messages that came into the folder before `edge`.

    The index knows when, unless it was built anew since; then the file's change time,
    which is what Courier goes by, may say that it was earlier.
    """
    old = []
    for uid, base, file_flags, saved in folder.index.rows(
        "SELECT uid, base, file_flags, save_date FROM messages WHERE folder = ?", folder.id
    ):
        with contextlib.suppress(OSError):
            path = f"{folder.path}/{files.location(base, file_flags)}"
            if saved < edge or os.stat(path, follow_symlinks=False).st_ctime < edge:
                old.append(uid)
    return old
