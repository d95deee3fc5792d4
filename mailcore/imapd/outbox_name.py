"""What the settings and CAPABILITY call the outbox.  Courier OUTBOX, HEADERFROM."""

import re
from functools import lru_cache

from mailcore.conf.schema.imap import Imap
from mailcore.errors import ConfigError, StoreError
from mailcore.maildir import folders

_ATOM = re.compile(r"[A-Za-z0-9._-]+")
_FIELD = re.compile(r"[!-9;-~]{1,70}")


@lru_cache(maxsize=64)
def named(text: str) -> str:
    """The outbox that the setting `imap.outbox` means: `Outbox`, `.Outbox` or `INBOX.Outbox`.

    Empty for none.  Raises ConfigError for what can be no folder.
    """
    if not text:
        return ""
    bare = text.strip().removeprefix("INBOX.").removeprefix(".")
    try:
        return folders.canonical(f"INBOX.{bare}")
    except StoreError:
        raise ConfigError(f"{text!r} can be no folder") from None


def check_field(text: str) -> str:
    """A field's name.  Raises ConfigError."""
    if not _FIELD.fullmatch(text):
        raise ConfigError(f"{text!r} is no name of a header field")
    return text


def capability(rules: Imap) -> bytes:
    """What CAPABILITY says of it after the login, where the name can be said there."""
    name = named(rules.outbox)
    return b"XCOURIEROUTBOX=" + name.encode() if _ATOM.fullmatch(name) else b""
