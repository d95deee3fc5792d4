"""Names on the bus."""

from hashlib import blake2b
from pathlib import Path

REVISION = "courier:revision"
MAILBOX_PREFIX = "courier:mailbox:"


def mailbox(maildir: Path) -> str:
    """The channel on which changes in one account's mail are announced."""
    return MAILBOX_PREFIX + blake2b(bytes(maildir), digest_size=12).hexdigest()
