"""The list of subscribed mailboxes: `courierimapsubscribed`, one name a line."""

import os
from pathlib import Path

from mailcore.maildir import names

FILE = "courierimapsubscribed"
_LARGEST = 1 << 20


def read(maildir: Path) -> set[str]:
    """The subscribed names; they need not exist any more (RFC 3501 §6.3.6)."""
    try:
        with os.fdopen(os.open(maildir / FILE, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
            text = opened.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return set()
    return {line for line in text.split("\n") if line}


def write(maildir: Path, subscribed: set[str]) -> None:
    """Replace the list in one step."""
    temporary = maildir / "tmp" / f"{FILE}.{names.unique()}"
    temporary.write_text("".join(f"{name}\n" for name in sorted(subscribed)), encoding="utf-8")
    temporary.replace(maildir / FILE)
