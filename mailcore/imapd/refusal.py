"""Errors that know their response: NO or BAD, a response code, a public text."""

import errno
import sqlite3

from mailcore.errors import (
    DeliveryError,
    GrammarError,
    MailError,
    PermanentFailure,
    StoreError,
)
from mailcore.mailbox.refusals import (
    MailboxExists,
    MailboxMissing,
    NotPermitted,
    QuotaExceeded,
    UnknownEncoding,
)


class No(MailError):
    """The command cannot be done.  `code` goes between the brackets (RFC 5530), or is empty."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Bad(GrammarError):
    """The command makes no sense here or as it stands."""


class Gone(MailError):
    """The connection ended while a command was waiting for it."""


class Deselected(MailError):
    """The selected mailbox was deleted by somebody else: the session cannot go on."""


class OnlySent(MailError):
    """The message is sent, but the outbox could not keep it: to say NO would send it again."""


_CODES: tuple[tuple[type[Exception], str], ...] = (
    (MailboxMissing, "NONEXISTENT"),
    (MailboxExists, "ALREADYEXISTS"),
    (QuotaExceeded, "OVERQUOTA"),
    (UnknownEncoding, "UNKNOWN-CTE"),
    (NotPermitted, "NOPERM"),
)


def response(error: Exception) -> bytes | None:
    """What to answer instead of OK; None for an error nobody expected."""
    if isinstance(error, GrammarError):
        return b"BAD " + _text(error)
    if isinstance(error, No):
        return _no(error.code, error.text)
    if isinstance(error, StoreError):
        code = next((code for kind, code in _CODES if isinstance(error, kind)), "CANNOT")
        return _no(code, str(error))
    if isinstance(error, OnlySent):
        return b"OK [ALERT] The message was sent, but no copy of it could be kept."
    if isinstance(error, DeliveryError):
        code = "CANNOT" if isinstance(error, PermanentFailure) else "UNAVAILABLE"
        return _no(code, " ".join(error.text.split()))
    if isinstance(error, sqlite3.OperationalError):
        return _no("UNAVAILABLE", "The mail store is busy, try again.")
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return _no("OVERQUOTA" if full else "UNAVAILABLE", "The mail store is not available.")
    return None


def _no(code: str, text: str) -> bytes:
    return f"NO [{code}] {text}".encode() if code else f"NO {text}".encode()


def _text(error: Exception) -> bytes:
    return (str(error) or "Syntax error.").encode("utf-8", "replace")
