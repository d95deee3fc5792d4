"""How much one transaction may ask for."""

from mailcore import status
from mailcore.protocol.reply import Reply

TOO_MANY_RECIPIENTS = Reply(431, status.TOO_MANY_RECIPIENTS, "Too many recipients.")
FAR_TOO_MANY = Reply(531, status.TOO_MANY_RECIPIENTS.as_permanent(), "Too many recipients.")
SYSTEM_FULL = Reply(431, status.SYSTEM_FULL, "Mail system full.")
SIZE_TOO_BIG = Reply(534, status.MESSAGE_TOO_BIG, "SIZE=Message too big.")


def check_size(declared: int, limit: int) -> Reply | None:
    """MAIL stage: refuse a declared size over the limit (octets; 0 is no limit).  RFC 1870."""
    return SIZE_TOO_BIG if limit and declared > limit else None


def check_count(attempts: int, limit: int, *, hard: bool = False) -> Reply | None:
    """RCPT stage: put off recipients over the limit, or refuse them for good when `hard`.

    Refused ones count too.  Courier maxrcpts.
    """
    if attempts <= limit:
        return None
    return FAR_TOO_MANY if hard else TOO_MANY_RECIPIENTS
