"""How the file of an expunged message leaves its folder: for good, or into the vault."""

import contextlib
import errno
import os
import time
from collections.abc import Callable

from mailcore.mailbox import files, transfer
from mailcore.mailbox.directories import own_change
from mailcore.mailbox.index import folder_rows, message_rows
from mailcore.mailbox.index.database import Index
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.index.message_rows import Ranges
from mailcore.mailbox.transfer import Found
from mailcore.maildir import names, vault

_FULL = (errno.ENOSPC, errno.EDQUOT)
_WITH_WORDS = "SELECT base, keywords FROM messages WHERE folder = ? AND keywords != ''"


def remove(index: Index, row: FolderRow, wanted: Ranges, *, kept: bool) -> tuple[list[int], int]:
    """Expunge messages, into the vault if they are `kept`; their UIDs, and the octets they had.

    Within a write transaction.
    """
    doomed = transfer.rows_in(index, row.id, wanted)
    if not doomed:
        return [], 0
    away = remover(index, row, kept=kept)
    octets = 0
    with own_change(index, row.id, index.maildir / row.directory):
        for found in doomed:
            away(found)
            octets += transfer.octets_on_disk(found[1], found[3])
    gone = [uid for uid, *_ in doomed]
    message_rows.expunge(index, row.id, gone, folder_rows.next_modseq(index, row.id))
    return gone, octets


def remover(index: Index, row: FolderRow, *, kept: bool) -> Callable[[Found], None]:
    """What to do with each message that is expunged from this folder."""
    folder = f"{index.maildir}/{row.directory}"
    if not kept:
        return lambda found: _one(folder, found, os.unlink)
    try:
        place = vault.place(index.maildir, row.name, time.time())
    except OSError as error:
        if error.errno not in _FULL:
            raise
        return lambda found: _one(folder, found, os.unlink)
    words: dict[str, str] = dict(index.rows(_WITH_WORDS, row.id))

    def keep(found: Found) -> None:
        _, base, _, _, bits = found
        if base in words:
            vault.note_keywords(place, {base: words[base]})
        after = f"{place}/{names.with_flags(base, bits)}"
        _one(folder, found, lambda before: _rename(before, after))

    return keep


def _rename(before: str, after: str) -> None:
    """On a full disk people must be able to delete: then the message goes for good."""
    try:
        os.rename(before, after)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        os.unlink(before)


def _one(folder: str, found: Found, act: Callable[[str], None]) -> None:
    """Do it to the message's file, wherever foreign hands have moved that; gone is gone."""
    _, base, file_flags, _, _ = found
    try:
        act(f"{folder}/{files.location(base, file_flags)}")
    except FileNotFoundError:
        now = files.find(folder, base)
        if now is not None:
            with contextlib.suppress(FileNotFoundError):
                act(f"{folder}/{now}")
