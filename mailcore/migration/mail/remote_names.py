"""Folder names of other IMAP servers ↔ ours."""

import re
from collections.abc import Iterable

from mailcore.errors import StoreError
from mailcore.maildir import folders
from mailcore.protocol.imap.answers import Listed

_SPECIAL = {
    "\\sent": "INBOX.Sent",
    "\\drafts": "INBOX.Drafts",
    "\\trash": "INBOX.Trash",
    "\\junk": "INBOX.Junk",
    "\\archive": "INBOX.Archive",
}
_VIRTUAL = frozenset({"\\noselect", "\\nonexistent", "\\all", "\\flagged"})
_IMPOSSIBLE = re.compile(r"[/%*\x00-\x1f\x7f.]")
MOST = 10_000


def ours(listing: Iterable[Listed]) -> dict[str, Listed]:
    """Our name → theirs, for each folder with mail of its own.

    Special folders become ours; those that show other folders' mail again (All Mail, Starred) are
    left out, as are names that make no folder here.
    """
    found: dict[str, Listed] = {}
    for one in list(listing)[:MOST]:
        if one.attributes & _VIRTUAL:
            continue
        name = _ours(one)
        if name is not None:
            while name in found:
                name += "_"
            found[name] = one
    return found


def _ours(one: Listed) -> str | None:
    for attribute, name in _SPECIAL.items():
        if attribute in one.attributes:
            return name
    parts = one.name.split(one.delimiter) if one.delimiter else [one.name]
    if parts[0].upper() == folders.INBOX:
        parts = parts[1:]
    kept = [_IMPOSSIBLE.sub("_", part).strip() for part in parts]
    try:
        return folders.canonical(folders.SEPARATOR.join([folders.INBOX, *kept]))
    except StoreError:
        return None


def theirs(name: str, prefix: str, delimiter: str) -> str:
    """Our folder's name on a server with this personal prefix (`INBOX.`, empty) and delimiter."""
    if name == folders.INBOX:
        return name
    parts = name.split(folders.SEPARATOR)[1:]
    if delimiter:
        parts = [part.replace(delimiter, "_") for part in parts]
    return prefix + (delimiter or "_").join(parts)
