"""Special uses that users gave to mailboxes: `courierimapspecialuse`, a name, a tab, a use."""

import os
from collections.abc import Mapping
from pathlib import Path

from mailcore.maildir import names

FILE = "courierimapspecialuse"
_LARGEST = 1 << 16


def read(maildir: Path) -> dict[str, str]:
    """Mailbox name → use, like `\\Sent`; the mailboxes need not exist any more."""
    try:
        with os.fdopen(os.open(maildir / FILE, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
            text = opened.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.partition("\t") for line in text.split("\n"))
    return {name: use for name, _, use in pairs if name and use.startswith("\\")}


def write(maildir: Path, uses: Mapping[str, str]) -> None:
    """Replace the list in one step."""
    temporary = maildir / "tmp" / f"{FILE}.{names.unique()}"
    text = "".join(f"{name}\t{use}\n" for name, use in sorted(uses.items()))
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(maildir / FILE)
