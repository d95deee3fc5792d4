"""Local delivery: a batch of recipients, grouped by account, into their Maildirs.

One call to the store delivers the whole batch, and the disk is flushed once for all of it.
Mail for accounts with instructions of their own is not kept here: programs take their time.
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
from mailcore.queue.claimed import Claim, ClaimedMessage, ClaimedRecipient
from mailcore.status import Status
from mailcore.transports import contents
from mailcore.transports.contract import DEFERRED, DELIVERED, FAILED, MOVED, Outcome
from mailcore.transports.local import arrivals
from mailcore.transports.local.files import TROUBLE
from mailcore.transports.local.orders import HERE, Orders

Pair = tuple[ClaimedMessage, ClaimedRecipient]

_log = log.get("local")


class LocalTransport:
    """Into the Maildirs of this server."""

    def deliver(self, claim: Claim) -> Iterator[Outcome]:
        for portion in contents.slices(claim.messages):
            yield from _portion(portion)


@dataclass(slots=True)
class _Job:
    """What one account gets."""

    account: AccountValue
    arrivals: list[Arrival] = field(default_factory=list)
    awaited: list[Pair] = field(default_factory=list)

    def consignment(self) -> Consignment:
        quota = Quota(self.account.quota_bytes, self.account.quota_messages)
        warning = arrivals.warning(self.account)
        return Consignment(self.account.maildir, self.arrivals, quota, warning)


def _portion(messages: Sequence[ClaimedMessage]) -> Iterator[Outcome]:
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
                job = _Job(account)
                yield from _fill(job, pairs, rows, opened)
                jobs.append(job)
        answers = deliver_all([job.consignment() for job in jobs], arrivals.stores)
    announce_mailboxes({job.account.maildir for job in jobs})
    for job, answer in zip(jobs, answers, strict=True):
        yield from _outcomes(job, answer)


def _by_account(messages: Sequence[ClaimedMessage]) -> dict[str, list[Pair]]:
    found: dict[str, list[Pair]] = {}
    for message in messages:
        for recipient in message.recipients:
            found.setdefault(recipient.host, []).append((message, recipient))
    return found


def _fill(
    job: _Job, pairs: Sequence[Pair], rows: dict[int, bytes], opened: ExitStack
) -> Iterator[Outcome]:
    """Make arrivals of what the account is to get; outcomes of what it will not."""
    orders = Orders.of(job.account)
    for message, recipient in pairs:
        row = rows.get(message.id)
        try:
            if arrivals.is_loop(message, recipient, row):
                yield arrivals.loop(message, recipient)
                continue
            if orders and orders.concern(recipient):
                yield Outcome(message, recipient, MOVED, status.OK, transport=HERE)
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
