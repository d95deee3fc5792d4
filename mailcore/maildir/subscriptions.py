"""The list of subscribed mailboxes: `courierimapsubscribed`, one name a line.

Where Dovecot was there is `subscriptions` too: a line `V	2`, an empty one, then names without
INBOX whose levels are apart by tabs; or, older, names as they are.
"""

import os
from pathlib import Path

from mailcore.maildir import names

FILE = "courierimapsubscribed"
DOVECOT = "subscriptions"
_HEAD = "V\t2\n\n"
_LARGEST = 1 << 20


def read(maildir: Path) -> set[str]:
    """The subscribed names; they need not exist any more (RFC 3501 §6.3.6).

    The newer of the two lists counts.
    """
    if _stamp(maildir / DOVECOT) > _stamp(maildir / FILE):
        return _read_dovecot(_text(maildir / DOVECOT))
    return {line for line in _text(maildir / FILE).split("\n") if line}


def _text(file: Path) -> str:
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
            return opened.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _stamp(file: Path) -> int:
    try:
        return file.lstat().st_mtime_ns
    except OSError:
        return 0


def _read_dovecot(text: str) -> set[str]:
    found = set()
    for line in text.removeprefix(_HEAD).split("\n"):
        name = ".".join(line.split("\t"))
        if name.upper() == "INBOX" or name.upper().startswith("INBOX."):
            found.add(name)
        elif name:
            found.add(f"INBOX.{name}")
    return found


def write(maildir: Path, subscribed: set[str]) -> None:
    """Replace the list in one step, and then Dovecot's if there is one."""
    if (maildir / DOVECOT).is_file():
        bare = sorted(name.removeprefix("INBOX.") for name in subscribed)
        lines = [name.replace(".", "\t") + "\n" for name in bare]
        _replace(maildir, DOVECOT, _HEAD + "".join(lines))
    _replace(maildir, FILE, "".join(f"{name}\n" for name in sorted(subscribed)))


def _replace(maildir: Path, file: str, text: str) -> None:
    temporary = maildir / "tmp" / f"{file}.{names.unique()}"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(maildir / file)
