"""Outgoing SMTP: find the servers, speak to the first that listens, hand over the batch."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mailcore import status
from mailcore.conf.current import snapshot
from mailcore.envelope import Source
from mailcore.errors import DeliveryError, GrammarError
from mailcore.queue.claimed import Claim, ClaimedMessage
from mailcore.status import Status
from mailcore.transports import contents
from mailcore.transports.contract import DEFERRED, FAILED, LEFT, SUCCESSES, Outcome, is_slow
from mailcore.transports.esmtp import routes
from mailcore.transports.esmtp.calls import Calls, NoServer, Way, reason
from mailcore.transports.esmtp.transaction import Transaction

BEFORE_THE_END = 20.0  # seconds of a lease kept for writing down what happened
SLOW_TURN = 2.0  # seconds; then a slow host's slot is for others, and what is left waits again


class Turn:
    """How long one batch may hold its slot."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.served = 0  # messages

    @property
    def is_over(self) -> bool:
        took = time.monotonic() - self._began
        return bool(self.served) and took > SLOW_TURN and is_slow(took, self.served)


class EsmtpTransport:
    """To other servers, over SMTP."""

    def deliver(self, claim: Claim) -> Iterator[Outcome]:
        deadline = time.monotonic() + claim.until - time.time() - BEFORE_THE_END
        turn = Turn()
        for way, messages in _ways(claim):
            calls = Calls(way, deadline)
            try:
                yield from _batch(calls, messages, turn)
            finally:
                calls.end()


def _ways(claim: Claim) -> list[tuple[Way, list[ClaimedMessage]]]:
    """Messages that go the same way together; they share connections.

    Courier's vanity configuration: the listener and the login may have ways of their own.
    """
    found: dict[tuple[int, str, bool], tuple[Way, list[ClaimedMessage]]] = {}
    current = snapshot()
    for message in claim.messages:
        settings = current.for_mail(message.listener, message.auth_identity)
        counted = message.source != Source.DSN
        key = id(settings), message.minimum_security, counted
        if key not in found:
            route = routes.find(claim.host, settings.queue.routes)
            found[key] = Way(claim.host, route, settings, message.minimum_security, counted), []
        found[key][1].append(message)
    return list(found.values())


def _recorded(outcomes: Iterator[Outcome], calls: Calls) -> Iterator[Outcome]:
    """The outcomes of one message, the first with what was said, where that is kept."""
    if calls.transcript is None:
        yield from outcomes
        return
    told = list(outcomes)
    only_failures = calls.way.settings.outgoing.transcripts == "failures"
    if only_failures and all(each.action in SUCCESSES for each in told):
        calls.transcript.forget()
    elif told:
        told[0] = replace(told[0], transcript=calls.transcript.take())
    yield from told


def _batch(calls: Calls, messages: Sequence[ClaimedMessage], turn: Turn) -> Iterator[Outcome]:
    left = list(messages)
    for portion in contents.slices(messages):
        rows = contents.rows(portion)
        for message in portion:
            if turn.is_over:
                yield from _left(left)
                return
            try:
                yield from _recorded(_message(calls, message, rows.get(message.id)), calls)
            except NoServer as problem:
                yield from _recorded(_unreachable(left, problem), calls)
                return
            except DeliveryError as refusal:
                yield from _recorded(_refused(left, refusal, calls), calls)
                return
            left.pop(0)
            turn.served += 1


def _left(messages: Sequence[ClaimedMessage]) -> Iterator[Outcome]:
    for message in messages:
        for recipient in message.recipients:
            yield Outcome(message, recipient, LEFT, status.OK)


def _message(calls: Calls, message: ClaimedMessage, row: bytes | None) -> Iterator[Outcome]:
    """One message, on the session there is, or on a new one if that has died meanwhile."""
    while True:
        session = calls.session()
        transaction = Transaction(session, message, row)
        try:
            yield from transaction.run()
        except GrammarError as problem:
            yield from _rest(transaction, FAILED, status.BAD_ADDRESS_SYNTAX, f"553 {problem}")
        except OSError as problem:
            calls.drop()
            if session.served and transaction.is_untouched:
                continue  # a connection that had its time; a new one has not
            text = f"Connection to {session.peer} lost: {reason(problem)}"
            yield from _rest(transaction, DEFERRED, status.BAD_CONNECTION, text)
        if not session.usable:
            calls.drop()
        return


def _rest(transaction: Transaction, action: str, why: Status, text: str) -> Iterator[Outcome]:
    message = transaction.message
    for recipient in message.recipients:
        if recipient.id not in transaction.answered:
            yield Outcome(message, recipient, action, why, text)


def _unreachable(messages: Sequence[ClaimedMessage], problem: NoServer) -> Iterator[Outcome]:
    down = True
    for message in messages:
        for recipient in message.recipients:
            yield Outcome(
                message,
                recipient,
                DEFERRED,
                status.NO_ANSWER,
                str(problem),
                host_is_down=down,
            )
            down = False


def _refused(
    messages: Sequence[ClaimedMessage], refusal: DeliveryError, calls: Calls
) -> Iterator[Outcome]:
    action = FAILED if refusal.status.is_permanent else DEFERRED
    for message in messages:
        for recipient in message.recipients:
            yield Outcome(
                message, recipient, action, refusal.status, refusal.text, calls.peer, calls.command
            )
