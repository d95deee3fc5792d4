"""Deliver a message into an account by its filter, outside the queue: `manage.py maildrop`."""

import time

from mailcore.accounts.directory import AccountValue
from mailcore.bus.publish import announce_mailboxes
from mailcore.conf.current import snapshot
from mailcore.errors import DeliveryError
from mailcore.mailbox.render import with_crlf
from mailcore.maildir import folders
from mailcore.maildrop.host import FilterFailure
from mailcore.maildrop.tree import Block
from mailcore.queue import ids
from mailcore.queue.claimed import ClaimedMessage, ClaimedRecipient
from mailcore.transports.local import files, mail_filter
from mailcore.transports.local.errand import Errand

_SECONDS = 300.0  # Courier's watchdog


def deliver(
    account: AccountValue,
    message: bytes,
    sender: str,
    block: Block | None = None,
    arguments: tuple[str, ...] = (),
) -> tuple[int, bytes]:
    """Deliver by the filter given, else by what filters the account's mail, else into its mailbox.

    The exit code, and what the filter has said.  Raises FilterFailure; sqlite3.Error and OSError.
    """
    errand = _errand(account, with_crlf(message), sender)
    try:
        if block is None:
            block = mail_filter.accounts_own(account)
        if block:
            return mail_filter.obey(errand, block, arguments)
        files.into_folder(errand, folders.INBOX)
    except DeliveryError as problem:
        raise FilterFailure(problem.text) from None
    finally:
        announce_mailboxes({account.maildir})
    return 0, b""


def _errand(account: AccountValue, row: bytes, sender: str) -> Errand:
    """A message as if it had come out of the queue."""
    now, number = time.time(), ids.new_id()
    recipient = ClaimedRecipient(
        id=ids.new_id(),
        message_id=number,
        forward_path=account.address,
        orcpt="",
        notify="",
        host=account.address,
        attempts=0,
    )
    message = ClaimedMessage(
        id=number,
        created_at=now,
        expires_at=now + _SECONDS,
        warn_at=now + _SECONDS,
        reverse_path=sender,
        source="local",
        auth_identity="",
        listener="",
        received_from="",
        size=len(row),
        skip=0,
        prefix=b"",
        file="",
        eight_bit=not row.isascii(),
        smtputf8=False,
        ret="",
        envid="",
        verp=False,
        minimum_security="",
        held=False,
        recipients=(recipient,),
    )
    settings = snapshot().for_mail("", account.address).local
    return Errand(account, message, recipient, row, settings, now + _SECONDS)
