"""POP3's unique ids (RFC 1939 §7) as Courier and Dovecot gave them: a message keeps its own.

Courier's list is `courierpop3dsizelist` in the Maildir, `/3 <next> <uidvalidity>` and then
`<file name> <octets> <n>:<uidvalidity>:<utf8>` for each message.  Dovecot's are made of UID and
UIDVALIDITY, but for those that it was told to keep in `dovecot-uidlist`.
"""

import os
import re
from pathlib import Path

from mailcore.maildir import names, uidlist

COURIER = "courierpop3dsizelist"
_LARGEST = 64 * 1024 * 1024
_HEAD = re.compile(rb"/[23] \d{1,10}(?: \d{1,10})?")
_ENTRY = re.compile(rb"(.{1,500}) \d{1,20} (\d{1,10})(?::(\d{1,10}))?(?::\d)?")
_KEPT = re.compile(r"P[!-~]{1,200}")


def ours(uid: int, uidvalidity: int) -> str:
    """The id of a message that nobody named before us, in the newest form of Courier's."""
    return f"UID{uid}-{uidvalidity}"


def dovecots(uid: int, uidvalidity: int) -> str:
    """The id that Dovecot gives unless it is told otherwise."""
    return f"{uid:08x}{uidvalidity:08x}"


def has_dovecots(folder: Path) -> bool:
    """Whether Dovecot numbers the messages here."""
    return uidlist.stamps(folder)[1] > 0 and (folder / uidlist.DOVECOT).lstat().st_size > 0


def kept(folder: Path) -> dict[str, str]:
    """The ids that are written down, by base name.  What Dovecot was told to keep comes first."""
    return _read_courier(folder / COURIER) | _read_dovecot(folder / uidlist.DOVECOT)


def _read_courier(file: Path) -> dict[str, str]:
    head, *entries = _content(file).split(b"\n")
    if not _HEAD.fullmatch(head):
        return {}
    found = {}
    for entry in entries:
        words = _ENTRY.fullmatch(entry)
        if words:
            base = names.split(os.fsdecode(words[1]))[0]
            found[base] = _couriers(base, int(words[2]), int(words[3] or 0))
    return found


def _couriers(base: str, number: int, uidvalidity: int) -> str:
    """One of Courier's three forms, the oldest of which is the file's name."""
    if uidvalidity:
        return ours(number, uidvalidity)
    return f"UID{number}" if number else "".join(map(_safe, os.fsencode(base)))


def _safe(octet: int) -> str:
    plain = 0x21 <= octet <= 0x7E and octet not in b"'\"+"
    return chr(octet) if plain else f"+{octet:02X}"


def _read_dovecot(file: Path) -> dict[str, str]:
    found = {}
    for line in _content(file).decode("utf-8", "surrogateescape").split("\n"):
        words, _, name = line.partition(" :")
        for word in words.split(" ")[1:]:
            if _KEPT.fullmatch(word):
                found[names.split(name)[0]] = word[1:]
    return found


def _content(file: Path) -> bytes:
    """What a regular file of bearable size holds; nothing otherwise."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
            content = opened.read(_LARGEST + 1)
    except OSError:
        return b""
    return content if len(content) <= _LARGEST else b""
