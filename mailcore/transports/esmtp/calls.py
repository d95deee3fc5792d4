"""The session with one domain's servers during one batch, opened when first needed."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from mailcore import log
from mailcore.conf.schema.registry import Snapshot
from mailcore.dns import mx, resolver
from mailcore.dns.mx import Rules, Target
from mailcore.errors import DeliveryError
from mailcore.net import socks
from mailcore.net.dial import own_addresses
from mailcore.queue import destinations
from mailcore.tlspolicy.counts import Met, count
from mailcore.transports.esmtp import routes, security
from mailcore.transports.esmtp.crowd import Crowd, network
from mailcore.transports.esmtp.idle import IdleSessions
from mailcore.transports.esmtp.login import log_in
from mailcore.transports.esmtp.policies import Policies, Ruled
from mailcore.transports.esmtp.routes import Route
from mailcore.transports.esmtp.security import Demand
from mailcore.transports.esmtp.session import Manners, Session, TlsBroken
from mailcore.transports.esmtp.transcript import Transcript

TLS_MEMORY = 2.5 * 3600  # seconds a server with broken STARTTLS is spoken to in clear

PATIENCE = 60.0  # seconds to wait for others' connections to the same network to end

_idle = IdleSessions()
_crowd = Crowd()
_log = log.get("esmtp")


def hang_up() -> None:
    """Say goodbye on this process's idle connections, before it ends."""
    _idle.end()


class NoServer(OSError):
    """None of the domain's servers could be reached; the text says what the last one did."""

    def __init__(self, text: str, peer: str = "") -> None:
        super().__init__(text)
        self.peer = peer


@dataclass(frozen=True, slots=True)
class Way:
    """Where to, by which route, with whose settings, and at what level of security."""

    domain: str
    route: Route
    settings: Snapshot
    level: str = ""
    counted: bool = True  # in the TLS report; a report's own mail is not


class Calls:
    """One session at a time with the servers of `way`; `peer` and `command` are for the record."""

    def __init__(self, way: Way, deadline: float = math.inf) -> None:
        self.way = way
        self.deadline = deadline
        self.peer = self.command = ""
        wanted = way.settings.outgoing.transcripts != "off"
        self.transcript = Transcript() if wanted else None
        self._session: Session | None = None
        settings, route = way.settings, way.route
        login = routes.login(route.relay, way.domain, settings.queue.route_passwords, route.port)
        self._manners = manners(settings, route, login)

    def session(self) -> Session:
        """Raises DeliveryError for a no that counts for the domain, NoServer if none answers."""
        if self._session is None:
            demand = security.demanded(
                self.way.route, self.way.level, self.way.settings.queue, self.way.settings.outgoing
            )
            domain = self.way.domain if not self.way.route.relay else ""
            self._key = (domain, self.way.route, self._manners, demand)
            self._session = _idle.take(self._key) or self._open(demand)
            self._session.wire.deadline = self.deadline
            self._session.wire.transcript = self.transcript
        return self._session

    def drop(self) -> None:
        """The connection is no good any more."""
        if self._session is not None:
            self._session.usable = False
            self._session.close()
            self._session = None

    def end(self) -> None:
        """Keep the connection a while for the next message on the same way."""
        if self._session is not None:
            self._session.wire.deadline = math.inf
            self._session.wire.transcript = None
            _idle.give(self._key, self._session, self.way.settings.queue.keepalive)
            self._session = None

    def _open(self, demand: Demand) -> Session:
        last = NoServer("No server could be reached.")
        settings, route = self.way.settings, self.way.route
        names = resolver.shared(
            settings.queue.resolvers,
            float(settings.queue.dns_timeout),
            settings.outgoing.dnssec_resolver_trusted,
        )
        policies = Policies(self.way.domain, settings, names, static=bool(route.relay))
        for target in mx.targets(route.relay or self.way.domain, names, rules(settings, route)):
            try:
                return self._greet(target, demand, policies)
            except OSError as problem:
                text = f"{target.host} [{target.address}]: {reason(problem)}"
                last = NoServer(text, target.host)
                _log.info("server.unreachable", host=self.way.domain, peer=text)
                self._note(text)
        raise last

    def _note(self, text: str) -> None:
        if self.transcript is not None:
            self.transcript.note(text)

    def _greet(self, target: Target, demand: Demand, policies: Policies) -> Session:
        """A session ready for MAIL, as the domain's policy and our own demands want it."""
        ruled = Ruled(demand, "tlsa")
        try:
            ruled = policies.rule(target, self.way.route.port, demand, self.way.level)
            if ruled.refused:
                raise TlsBroken("the domain's MTA-STS policy does not name it")
            session = self._reach(target, ruled.demand)
        except TlsBroken as problem:
            self._count(ruled, target, problem.result, "")
            if not ruled.tested:
                raise
            return self._reach(target, demand)
        result = "" if session.wire.encrypted else "starttls-not-supported"
        self._count(ruled, target, policies.problem or result, session.wire.source)
        return session

    def _count(self, ruled: Ruled, target: Target, result: str, source: str) -> None:
        reports = self.way.settings.outgoing.tls_reports and self.way.counted
        if reports and not self.way.route.relay:
            count(Met(self.way.domain, ruled.policy, ruled.lines, result, target.host, source))

    def _reach(self, target: Target, demand: Demand) -> Session:
        """A session ready for MAIL; where STARTTLS is broken and may be, one in clear."""
        key = f"{target.host} {target.address}"
        clear = not demand.forbids_clear and destinations.is_clear("esmtp", key)
        try:
            return self._begin(target, demand, clear)
        except TlsBroken as problem:
            if demand.forbids_clear:
                raise
            destinations.speak_clear("esmtp", key, time.time() + TLS_MEMORY, str(problem))
            return self._begin(target, demand, True)

    def _enter(self, address: str) -> Callable[[], None]:
        """A place among the connections to a network.  Raises TimeoutError."""
        limit = self.way.settings.queue.network_slots
        if not limit:
            return lambda: None
        if _crowd.is_full(address, limit):
            _idle.make_room(network(address))
        return _crowd.enter(address, limit, PATIENCE)

    def _begin(self, target: Target, demand: Demand, in_clear: bool) -> Session:
        leave = self._enter(target.address)
        try:
            session = Session(target, self.way.route.port, self._manners, demand, self.deadline)
        except BaseException:
            leave()
            raise
        session.wire.leave = leave
        session.wire.transcript = self.transcript
        self._note(f"connected to {session.peer}")
        try:
            session.open(in_clear=in_clear)
            if self._manners.login:
                log_in(session, *self._manners.login)
        except (OSError, DeliveryError) as problem:
            if isinstance(problem, DeliveryError):
                self.peer, self.command = session.peer, session.command
            session.wire.close()
            raise
        return session


def rules(settings: Snapshot, route: Route) -> Rules:
    """How this server reads a domain's MX records.  A static relay is not looked at for loops."""
    return Rules(
        own_names=frozenset({settings.me.lower()}),
        own_addresses=own_addresses() if not route.relay else (),
        ipv4=route.ipv4,
        ipv6=route.ipv6,
        prefer_ipv6=settings.queue.prefer_ipv6,
        allow_broken=settings.queue.broken_mx,
        check_loop=not route.relay,
    )


def manners(settings: Snapshot, route: Route, login: tuple[str, str] | None) -> Manners:
    """How these settings behave towards servers."""
    queue = settings.queue
    proxy = route.socks or settings.outgoing.socks
    return Manners(
        helo=queue.helo or settings.me,
        connect=queue.timeout_connect,
        greeting=queue.timeout_helo,
        command=queue.timeout_command,
        data=queue.timeout_data,
        quit=queue.timeout_quit,
        starttls=queue.use_starttls,
        login=login,
        source_ipv4=queue.source_ipv4,
        source_ipv6=queue.source_ipv6,
        proxy=socks.parse(proxy) if proxy and proxy.upper() != "NONE" else None,
    )


def reason(problem: OSError) -> str:
    """An error of the network in a few words."""
    if isinstance(problem, TimeoutError):
        return "timed out"
    return problem.strerror or str(problem) or type(problem).__name__
