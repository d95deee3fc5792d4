"""Outgoing SMTP: find the servers, speak to the first that listens, hand over the batch."""

import math
import time
from collections.abc import Iterator, Sequence

from mailcore import log, status
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.dns import mx, resolver
from mailcore.dns.mx import Rules, Target
from mailcore.errors import DeliveryError, GrammarError
from mailcore.net.dial import own_addresses
from mailcore.queue import destinations
from mailcore.queue.claimed import Claim, ClaimedMessage
from mailcore.status import Status
from mailcore.transports import contents
from mailcore.transports.contract import DEFERRED, FAILED, Outcome
from mailcore.transports.esmtp import routes
from mailcore.transports.esmtp.idle import IdleSessions
from mailcore.transports.esmtp.routes import Route
from mailcore.transports.esmtp.session import Manners, Session, TlsBroken
from mailcore.transports.esmtp.transaction import Transaction

BEFORE_THE_END = 20.0  # seconds of a lease kept for writing down what happened
TLS_MEMORY = 2.5 * 3600  # seconds a server with broken STARTTLS is spoken to in clear

_idle = IdleSessions()
_log = log.get("esmtp")


class NoServer(OSError):
    """None of the domain's servers could be reached; the text says what the last one did."""

    def __init__(self, text: str, peer: str = "") -> None:
        super().__init__(text)
        self.peer = peer


class EsmtpTransport:
    """To other servers, over SMTP."""

    def deliver(self, claim: Claim) -> Iterator[Outcome]:
        settings = snapshot()
        route = routes.find(claim.host, settings.queue.routes)
        deadline = time.monotonic() + claim.until - time.time() - BEFORE_THE_END
        calls = _Calls(claim.host, route, settings, deadline)
        left = list(claim.messages)
        for portion in contents.slices(claim.messages):
            rows = contents.rows(portion)
            for message in portion:
                try:
                    yield from _message(calls, message, rows.get(message.id))
                except NoServer as problem:
                    yield from _unreachable(left, problem)
                    return
                except DeliveryError as refusal:
                    yield from _refused(left, refusal, calls)
                    return
                left.pop(0)
        calls.end()


def _message(calls: "_Calls", message: ClaimedMessage, row: bytes | None) -> Iterator[Outcome]:
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
            text = f"Connection to {session.peer} lost: {_reason(problem)}"
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
    messages: Sequence[ClaimedMessage], refusal: DeliveryError, calls: "_Calls"
) -> Iterator[Outcome]:
    action = FAILED if refusal.status.is_permanent else DEFERRED
    for message in messages:
        for recipient in message.recipients:
            yield Outcome(
                message, recipient, action, refusal.status, refusal.text, calls.peer, calls.command
            )


class _Calls:
    """The session with one domain's servers during one batch, opened when first needed."""

    def __init__(
        self, domain: str, route: Route, settings: Snapshot, deadline: float = math.inf
    ) -> None:
        self.domain = domain
        self.deadline = deadline
        self.route = route
        self.settings = settings
        self.peer = self.command = ""
        self._session: Session | None = None
        login = routes.login(route.relay, domain, settings.queue.route_passwords)
        self._manners = _manners(settings, route, login)
        self._key = (domain if not route.relay else "", route, self._manners)

    def session(self) -> Session:
        """Raises DeliveryError for a no that counts for the domain, NoServer if none answers."""
        if self._session is None:
            self._session = _idle.take(self._key) or self._open()
            self._session.wire.deadline = self.deadline
        return self._session

    def drop(self) -> None:
        """The connection is no good any more."""
        if self._session is not None:
            self._session.usable = False
            self._session.close()
            self._session = None

    def end(self) -> None:
        if self._session is not None:
            self._session.wire.deadline = math.inf
            _idle.give(self._key, self._session, self.settings.queue.keepalive)
            self._session = None

    def _open(self) -> Session:
        last = NoServer("No server could be reached.")
        for target in self._targets():
            try:
                return self._greet(target)
            except OSError as problem:
                text = f"{target.host} [{target.address}]: {_reason(problem)}"
                last = NoServer(text, target.host)
                _log.info("server.unreachable", host=self.domain, peer=text)
        raise last

    def _targets(self) -> list[Target]:
        queue, route = self.settings.queue, self.route
        rules = Rules(
            own_names=frozenset({self.settings.me.lower()}),
            own_addresses=own_addresses() if not route.relay else (),
            ipv4=route.ipv4,
            ipv6=route.ipv6,
            prefer_ipv6=queue.prefer_ipv6,
            allow_broken=queue.broken_mx,
            check_loop=not route.relay,
        )
        names = resolver.shared(queue.resolvers, float(queue.dns_timeout))
        return mx.targets(route.relay or self.domain, names, rules)

    def _greet(self, target: Target) -> Session:
        """A session ready for MAIL; where STARTTLS is broken, one in clear."""
        key = f"{target.host} {target.address}"
        clear = not self._manners.security and destinations.is_clear("esmtp", key)
        session = Session(target, self.route.port, self._manners, self.deadline)
        try:
            self._begin(session, clear)
        except TlsBroken as problem:
            if self._manners.security or self._manners.verify:
                raise
            destinations.speak_clear("esmtp", key, time.time() + TLS_MEMORY, str(problem))
            session = Session(target, self.route.port, self._manners, self.deadline)
            self._begin(session, True)
        return session

    def _begin(self, session: Session, in_clear: bool) -> None:
        try:
            session.open(in_clear=in_clear)
        except DeliveryError:
            self.peer, self.command = session.peer, session.command
            raise


def _manners(settings: Snapshot, route: Route, login: tuple[str, str] | None) -> Manners:
    queue = settings.queue
    return Manners(
        helo=queue.helo or settings.me,
        connect=queue.timeout_connect,
        greeting=queue.timeout_helo,
        command=queue.timeout_command,
        data=queue.timeout_data,
        quit=queue.timeout_quit,
        starttls=queue.use_starttls,
        verify=queue.tls_verify,
        security=route.security,
        login=login,
        source_ipv4=queue.source_ipv4,
        source_ipv6=queue.source_ipv6,
    )


def _reason(problem: OSError) -> str:
    if isinstance(problem, TimeoutError):
        return "timed out"
    return problem.strerror or str(problem) or type(problem).__name__
