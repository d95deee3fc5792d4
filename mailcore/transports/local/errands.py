"""Mail of accounts with instructions, one message after the other for each of them.

It comes from the local transport, which would keep others waiting.  Exactly one Outcome for each
recipient, whatever happens.
"""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace

from django.db.utils import Error as DatabaseError

from mailcore import log, status
from mailcore.accounts import directory
from mailcore.bus.publish import announce_mailboxes
from mailcore.errors import MailError, PermanentFailure, TemporaryFailure
from mailcore.queue.claimed import Claim, ClaimedMessage, ClaimedRecipient
from mailcore.transports import contents
from mailcore.transports.contract import DEFERRED, DELIVERED, FAILED, MOVED, PASSED, Outcome
from mailcore.transports.local import arrivals, instructions
from mailcore.transports.local.errand import Errand
from mailcore.transports.local.exits import SoftwareFailure
from mailcore.transports.local.orders import HERE, Orders

MARGIN = 5.0  # seconds of the lease that are kept for writing down what happened
_LEAST = 10.0  # seconds; with less left an errand is for the next lease
TROUBLE = "Mail system trouble; it will be tried again."

_log = log.get("local")


class InstructionsTransport:
    """Wherever the instructions of the claim's account say."""

    def deliver(self, claim: Claim) -> Iterator[Outcome]:
        for portion in contents.slices(claim.messages):
            rows = contents.rows(portion)
            for message in portion:
                for recipient in message.recipients:
                    yield _outcome(message, recipient, rows.get(message.id), claim.until - MARGIN)


def _outcome(
    message: ClaimedMessage, recipient: ClaimedRecipient, row: bytes | None, until: float
) -> Outcome:
    if until - time.time() < _LEAST:
        return Outcome(message, recipient, MOVED, status.OK, transport=HERE)
    try:
        found = _errand(message, recipient, row, until)
        return found if isinstance(found, Outcome) else _run(found)
    except TemporaryFailure as problem:
        return Outcome(message, recipient, DEFERRED, problem.status, problem.text)
    except (OSError, MailError, sqlite3.Error, DatabaseError) as problem:
        _log.error("delivery.failed", recipient=recipient.forward_path, error=repr(problem))
        return Outcome(message, recipient, DEFERRED, status.OTHER_SYSTEM, TROUBLE)
    except Exception:  # a mistake of ours with one message must not put off all others
        _log.exception("instructions.broken", recipient=recipient.forward_path)
        return Outcome(message, recipient, DEFERRED, status.OTHER_SYSTEM, TROUBLE)


def _errand(
    message: ClaimedMessage, recipient: ClaimedRecipient, row: bytes | None, until: float
) -> Errand | Outcome:
    """What is to be done, or what came of it before it was begun."""
    account = directory.account(recipient.host)
    if account is None:
        text = f"User <{recipient.host}> unknown"
        return Outcome(message, recipient, FAILED, status.NO_SUCH_MAILBOX, text)
    if not account.active:
        text = f"User <{recipient.host}> takes no mail."
        return Outcome(message, recipient, FAILED, status.MAILBOX_DISABLED, text)
    if arrivals.is_loop(message, recipient, row):
        return arrivals.loop(message, recipient)
    orders = Orders.of(account)
    found = orders.errand(message, recipient, row, until) if orders else None
    return found or Outcome(message, recipient, MOVED, status.OK, transport="local")


def _run(errand: Errand) -> Outcome:
    try:
        instructions.carry_out(errand)
    except SoftwareFailure as problem:
        failed = _unsuccessful(errand, FAILED, problem.status, problem.text)
        return replace(failed, is_lesson=False)
    except PermanentFailure as problem:
        return _unsuccessful(errand, FAILED, problem.status.as_permanent(), problem.text)
    except TemporaryFailure as problem:
        return _unsuccessful(errand, DEFERRED, problem.status.as_temporary(), problem.text)
    finally:
        if errand.kept:
            announce_mailboxes({errand.account.maildir})
    return _success(errand)


def _unsuccessful(errand: Errand, action: str, why: status.Status, text: str) -> Outcome:
    done = errand.done()
    told = [text, errand.trouble, f"(Already done: {done})" if done else ""]
    note = "\n".join(filter(None, told)) if done or errand.trouble else ""
    return Outcome(errand.message, errand.recipient, action, why, text, note=note)


def _success(errand: Errand) -> Outcome:
    """Delivered; forwarded, when it went nowhere else; or discarded, when nobody wants it.

    Who asked to hear of success hears it from where a forwarded message arrives.
    """
    if errand.kept or errand.ran:
        action, event = DELIVERED, ""
    elif errand.forwarded:
        action, event = PASSED, "forwarded"
    else:
        action, event = DELIVERED, "discarded"
    why = "The instructions have only comments." if errand.instructions else "Its filter exits."
    note = errand.done() or why
    message, recipient = errand.message, errand.recipient
    return Outcome(message, recipient, action, status.OK, "250 Ok.", event=event, note=note)
