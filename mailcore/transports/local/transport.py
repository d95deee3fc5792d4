"""Local delivery: a batch of recipients, grouped by account, into their Maildirs.

One call to the store delivers the whole batch, and the disk is flushed once for all of it.
Accounts with instructions of their own come after that, one message at a time.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO

from mailcore import log, status
from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.bus.publish import announce_mailboxes
from mailcore.errors import MailError, TemporaryFailure
from mailcore.mailbox.delivery import Answer, Arrival, Consignment, Delivered, Quota, deliver_all
from mailcore.message import trace
from mailcore.queue.claimed import Claim, ClaimedMessage, ClaimedRecipient
from mailcore.status import Status
from mailcore.transports import contents
from mailcore.transports.contract import DEFERRED, DELIVERED, FAILED, Outcome
from mailcore.transports.local import arrivals, errands
from mailcore.transports.local.errand import Errand
from mailcore.transports.local.files import TROUBLE
from mailcore.transports.local.orders import Orders

Pair = tuple[ClaimedMessage, ClaimedRecipient]

MARGIN = 5.0  # seconds of the lease that are kept for writing down what happened

_log = log.get("local")


class LocalTransport:
    """Into the Maildirs of this server, or wherever their owners' instructions say."""

    def deliver(self, claim: Claim) -> Iterator[Outcome]:
        for portion in contents.slices(claim.messages):
            yield from _portion(portion, claim.until - MARGIN)


@dataclass(slots=True)
class _Job:
    """What one account gets.  `orders` are its instructions, None for most accounts."""

    account: AccountValue
    orders: Orders | None
    arrivals: list[Arrival] = field(default_factory=list)
    awaited: list[Pair] = field(default_factory=list)
    errands: list[Errand] = field(default_factory=list)

    def consignment(self) -> Consignment:
        quota = Quota(self.account.quota_bytes, self.account.quota_messages)
        return Consignment(self.account.maildir, self.arrivals, quota)


def _portion(messages: Sequence[ClaimedMessage], until: float) -> Iterator[Outcome]:
    rows = contents.rows(messages)
    jobs: list[_Job] = []
    with ExitStack() as opened:
        for address, pairs in _by_account(messages).items():
            account = directory.account(address)
            if account is None:
                text = f"User <{address}> unknown"
                yield from _all(pairs, FAILED, status.NO_SUCH_MAILBOX, text)
            elif not account.active:
                text = f"User <{address}> takes no mail."
                yield from _all(pairs, FAILED, status.MAILBOX_DISABLED, text)
            else:
                job = _Job(account, Orders.of(account, until))
                yield from _fill(job, pairs, rows, opened)
                jobs.append(job)
        answers = deliver_all([job.consignment() for job in jobs], arrivals.stores)
    announce_mailboxes({job.account.maildir for job in jobs})
    for job, answer in zip(jobs, answers, strict=True):
        yield from _outcomes(job, answer)
    for job in jobs:
        if job.errands:
            yield from errands.run_all(job.errands)
            announce_mailboxes({job.account.maildir})


def _by_account(messages: Sequence[ClaimedMessage]) -> dict[str, list[Pair]]:
    found: dict[str, list[Pair]] = {}
    for message in messages:
        for recipient in message.recipients:
            found.setdefault(recipient.host, []).append((message, recipient))
    return found


def _fill(
    job: _Job, pairs: Sequence[Pair], rows: dict[int, bytes], opened: ExitStack
) -> Iterator[Outcome]:
    """Make arrivals and errands of what the account is to get; outcomes of what it will not."""
    for message, recipient in pairs:
        path = arrivals.forward_path(recipient)
        row = rows.get(message.id)
        try:
            if trace.was_delivered_to(contents.header(message, row).lower(), path):
                text = f"Mail loop - already have my Delivered-To: {path}"
                yield Outcome(message, recipient, FAILED, status.ROUTING_LOOP, text)
                continue
            errand = job.orders.errand(message, recipient, row) if job.orders else None
            if errand is not None:
                job.errands.append(errand)
                continue
            data: bytes | BinaryIO = (
                row if row is not None else opened.enter_context(contents.open_rest(message, None))
            )
        except TemporaryFailure as problem:
            yield Outcome(message, recipient, DEFERRED, problem.status, problem.text)
            continue
        except (OSError, MailError) as problem:
            _log.error("delivery.failed", recipient=job.account.address, error=repr(problem))
            yield Outcome(message, recipient, DEFERRED, status.OTHER_SYSTEM, TROUBLE)
            continue
        job.arrivals.append(arrivals.arrival(message, recipient, data))
        job.awaited.append((message, recipient))


def _outcomes(
    job: _Job, answers: list[Answer] | OSError | MailError | sqlite3.Error
) -> Iterator[Outcome]:
    if isinstance(answers, Exception):
        _log.error("delivery.failed", recipient=job.account.address, error=repr(answers))
        yield from _all(job.awaited, DEFERRED, status.OTHER_SYSTEM, TROUBLE)
        return
    for (message, recipient), answer in zip(job.awaited, answers, strict=True):
        if isinstance(answer, Delivered):
            yield Outcome(message, recipient, DELIVERED, status.OK, "250 Ok.")
        else:
            full = status.MAILBOX_FULL.as_temporary()
            yield Outcome(message, recipient, DEFERRED, full, "Maildir over quota.")


def _all(pairs: Sequence[Pair], action: str, why: Status, text: str) -> list[Outcome]:
    return [Outcome(message, recipient, action, why, text) for message, recipient in pairs]
