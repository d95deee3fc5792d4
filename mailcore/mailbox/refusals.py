"""The refusals of the mail store that its callers tell apart."""

from mailcore.errors import StoreError


class MailboxMissing(StoreError):
    """IMAP adds TRYCREATE or NONEXISTENT; a delivery creates the folder."""


class MailboxExists(StoreError):
    """IMAP adds ALREADYEXISTS."""


class QuotaExceeded(StoreError):
    """IMAP adds OVERQUOTA; a delivery gives up for now."""


class NotPermitted(StoreError):
    """IMAP adds NOPERM."""


class UnknownEncoding(StoreError):
    """IMAP adds UNKNOWN-CTE: a part cannot be had without its transfer encoding."""


class TooLong(StoreError):
    """IMAP says how long an annotation may be."""


class TooMany(StoreError):
    """IMAP says METADATA TOOMANY."""
