"""What a claim yields: messages with those of their recipients that are ours to attempt."""

from dataclasses import dataclass
from typing import Any

MESSAGE_COLUMNS = (
    "id, created_at, expires_at, warn_at, reverse_path, source, auth_identity, listener, "
    "received_from, size, skip, prefix, file, eight_bit, smtputf8, ret, envid, verp, "
    "minimum_security, held, priority"
)
RECIPIENT_COLUMNS = "id, message_id, forward_path, orcpt, notify, host, attempts"


@dataclass(frozen=True, slots=True)
class ClaimedRecipient:
    """One forward-path under our lease; `attempts` were made before this one."""

    id: int
    message_id: int
    forward_path: str
    orcpt: str
    notify: str
    host: str
    attempts: int


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message row, and its recipients under our lease.

    What is delivered is `prefix + content[skip:]`; the content is a row, or `file` below the spool.
    """

    id: int
    created_at: float
    expires_at: float
    warn_at: float
    reverse_path: str
    source: str
    auth_identity: str
    listener: str
    received_from: str
    size: int
    skip: int
    prefix: bytes
    file: str
    eight_bit: bool
    smtputf8: bool
    ret: str
    envid: str
    verp: bool
    minimum_security: str
    held: bool
    priority: int = 0
    recipients: tuple[ClaimedRecipient, ...] = ()

    @classmethod
    def of(cls, row: tuple[Any, ...], recipients: tuple[ClaimedRecipient, ...]) -> "ClaimedMessage":
        """From a row of MESSAGE_COLUMNS."""
        values: list[Any] = [*row, recipients]
        values[11] = bytes(row[11])
        for flag in (13, 14, 17, 19):
            values[flag] = bool(row[flag])
        return cls(*values)


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease and everything under it; the attempt must have ended at `until`."""

    lease: int
    transport: str
    host: str
    until: float
    messages: tuple[ClaimedMessage, ...]

    @property
    def recipients(self) -> int:
        return sum(len(message.recipients) for message in self.messages)
