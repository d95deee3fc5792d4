"""What other servers at the same Maildir leave and need: their UIDs, their keywords.

Courier's `courierimapuiddb` and `courierimapkeywords/` are always kept up to date; Dovecot's
`dovecot-uidlist`, `dovecot-keywords` and small letters in file names where Dovecot has been.  So
clients see no change when one server follows another, in whichever direction.  Two at a
time hand out different UIDs for the same new message, and are not meant here.
"""

import contextlib
import os
from pathlib import Path

from mailcore.mailbox import files
from mailcore.mailbox.directories import own_change
from mailcore.mailbox.index import folder_rows
from mailcore.mailbox.index.database import Index
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.index.message_rows import keyword_text
from mailcore.maildir import keywords, names, subscriptions, uidlist


class Adopted:
    """What another server, or a lost index, left behind for messages that we don't know yet."""

    def __init__(self, index: Index, row: FolderRow, folder: Path, listed: list[str]) -> None:
        self.uids: dict[str, int] = {}
        self.words = keywords.read(folder, listed)
        kept = uidlist.read(folder)
        if kept is None:
            return
        if kept.uidvalidity != row.uidvalidity:
            if row.uidnext > 1 or row.messages:
                return
            # The Maildir came after its folder was made here: nobody has seen a UID of ours.
            folder_rows.take_uidvalidity(index, row.id, kept.uidvalidity)
        highest = index.row("SELECT ifnull(max(uid), 0) FROM messages WHERE folder = ?", row.id)
        floor = highest[0] if highest else 0
        self.uids = {base: uid for base, uid in kept.uids.items() if uid > floor}
        folder_rows.raise_uidnext(index, row.id, kept.uidnext)


def save(index: Index, folder_id: int) -> None:
    """Bring all that others read up to date.  Within a write transaction."""
    folder_rows.save_uids(index, folder_id)
    row = folder_rows.by_id(index, folder_id)
    if row is None or not (index.maildir / row.directory).is_dir():
        return
    folder = index.maildir / row.directory
    words = index.rows(
        "SELECT base, keywords FROM messages WHERE folder = ? AND keywords != ''", folder_id
    )
    if words or (folder / keywords.COURIER).is_dir():
        keywords.write(folder, {base: text.split() for base, text in words})
    folder_rows.know_lists(index, folder_id)


def write_letters(index: Index, row: FolderRow) -> int:
    """Bring the small letters in file names up to date; how many files were renamed.

    For folders where Dovecot has been.  Within a write transaction.
    """
    folder = index.maildir / row.directory
    found = index.rows(
        "SELECT uid, base, flags & 31, file_flags, keywords FROM messages"
        " WHERE folder = ? AND (keywords != '' OR file_flags > 31)",
        row.id,
    )
    words = {word for *_, text in found for word in text.split()}
    letters = keywords.name_dovecot_letters(folder, words) if words else {}
    done = []
    with own_change(index, row.id, folder):
        for uid, base, flags, seen, text in found:
            bits = flags | names.letter_bits(
                letters[word] for word in text.split() if word in letters
            )
            if bits == seen:
                continue
            with contextlib.suppress(OSError):
                before = f"{folder}/{files.location(base, seen)}"
                os.rename(before, f"{folder}/{files.location(base, bits)}")
                done.append((bits, row.id, uid))
    index.executemany("UPDATE messages SET file_flags = ? WHERE folder = ? AND uid = ?", done)
    return len(done)


def expect_dovecot(index: Index) -> None:
    """Keep Dovecot's files from now on, though it has not been here yet."""
    subscribed = subscriptions.read(index.maildir)
    (index.maildir / subscriptions.DOVECOT).touch(mode=0o600)
    subscriptions.write(index.maildir, subscribed)
    for row in folder_rows.all_rows(index):
        with contextlib.suppress(FileNotFoundError):
            (index.maildir / row.directory / uidlist.DOVECOT).touch(mode=0o600)
    with index.writing():
        index.execute("UPDATE folders SET saved_modseq = 0")


def has_dovecot(folder: Path) -> bool:
    """Whether Dovecot has been here."""
    return (folder / uidlist.DOVECOT).exists() or (folder / keywords.DOVECOT).exists()


def take_letters(
    index: Index, row: FolderRow, changed: list[tuple[int, int, int]], modseq: int
) -> None:
    """Take keywords that others changed: (UID, name's bits before, now).

    Within a write transaction.
    """
    named = keywords.dovecot_letters(index.maildir / row.directory)
    for uid, seen, now in changed:
        before, after = names.letters(max(seen, 0)), names.letters(max(now, 0))
        if before == after:
            continue
        found = index.row("SELECT keywords FROM messages WHERE folder = ? AND uid = ?", row.id, uid)
        words = set(found[0].split()) if found else set()
        words -= {named[letter] for letter in before if letter in named and letter not in after}
        words |= {named[letter] for letter in after if letter in named and letter not in before}
        index.execute(
            "UPDATE messages SET keywords = ?, modseq = ? WHERE folder = ? AND uid = ?",
            (keyword_text(words), modseq, row.id, uid),
        )
