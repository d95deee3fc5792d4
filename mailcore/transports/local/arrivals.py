"""A claimed message and recipient as what the mail store takes in."""

from typing import BinaryIO

from mailcore import status
from mailcore.accounts.directory import AccountValue
from mailcore.conf.current import snapshot
from mailcore.envelope import Path
from mailcore.errors import GrammarError
from mailcore.mailbox.delivery import Arrival
from mailcore.mailbox.info import JUNK
from mailcore.mailbox.quota_warning import QuotaWarning
from mailcore.mailbox.store import nobody
from mailcore.mailbox.stores import Stores
from mailcore.maildir import folders
from mailcore.message import trace, verp
from mailcore.queue import ids
from mailcore.queue.claimed import ClaimedMessage, ClaimedRecipient
from mailcore.transports import contents
from mailcore.transports.contract import FAILED, Outcome

stores = Stores(nobody)  # a batch announces each account once, when all of it is done


def arrival(
    message: ClaimedMessage,
    recipient: ClaimedRecipient,
    data: bytes | BinaryIO,
    *,
    folder: str = folders.INBOX,
    copy: str = "",
    flags: frozenset[str] = frozenset(),
) -> Arrival:
    """The message for this recipient; `copy` tells several for the same one apart.

    What a check wants out of the way does not go to INBOX.
    """
    if folder == folders.INBOX and trace.QUARANTINE in message.prefix:
        folder = JUNK
    return Arrival(
        unique=ids.text(recipient.id) + copy,
        data=data,
        prefix=written_on_top(message, recipient) + message.prefix,
        folder=folder,
        flags=flags,
        internal_date=int(message.created_at),
    )


def warning(account: AccountValue) -> QuotaWarning | None:
    """What tells this account that it is nearly full; None where nobody is told."""
    if not account.quota_bytes and not account.quota_messages:
        return None
    settings = snapshot().for_mail("", account.address)
    rules = settings.mailboxes
    if not rules.quota_warning_percent:
        return None
    return QuotaWarning(
        rules.quota_warning_percent, rules.quota_warning, account.address, settings.me
    )


def is_loop(message: ClaimedMessage, recipient: ClaimedRecipient, row: bytes | None) -> bool:
    """Whether this recipient has had the message before.  Raises OSError: it can't be read."""
    lower = contents.header(message, row).lower()
    return trace.was_delivered_to(lower, forward_path(recipient))


def loop(message: ClaimedMessage, recipient: ClaimedRecipient) -> Outcome:
    text = f"Mail loop - already have my Delivered-To: {forward_path(recipient)}"
    return Outcome(message, recipient, FAILED, status.ROUTING_LOOP, text)


def written_on_top(message: ClaimedMessage, recipient: ClaimedRecipient) -> bytes:
    """Return-Path and Delivered-To of a delivery.  RFC 5321 §4.4."""
    reverse = trace.return_path(reverse_path(message, recipient))
    return reverse + trace.delivered_to(forward_path(recipient))


def reverse_path(message: ClaimedMessage, recipient: ClaimedRecipient) -> str:
    """Who sent it, with this recipient written into it if that was asked for."""
    if message.verp:
        return verp.encode(message.reverse_path, recipient.forward_path)
    return message.reverse_path


def forward_path(recipient: ClaimedRecipient) -> Path:
    try:
        return Path.of(recipient.forward_path)
    except GrammarError:
        return Path(recipient.forward_path, "")
