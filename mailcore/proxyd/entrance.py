"""From what a client says to a connection at its node: who it is, where its mail is, letting in.

"Wrong" and "not now" are never mixed up: None and Refused are the first, TemporaryFailure and
Unavailable the second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db.utils import Error as DatabaseError

from mailcore import log, status
from mailcore.accounts import directory
from mailcore.accounts.directory import UNKNOWN
from mailcore.auth import login
from mailcore.conf.schema.proxy import Proxy
from mailcore.errors import TemporaryFailure
from mailcore.protocol import sasl
from mailcore.protocol.forwarded import Forwarded
from mailcore.proxyd import nodes
from mailcore.proxyd.backends import Backends
from mailcore.proxyd.nodes import Node
from mailcore.proxyd.outcome import Credentials, Entered, Refused, Unavailable
from mailcore.server import logins, threads
from mailcore.server.logins import Exchange

SHOWS_PASSWORD = frozenset({"PLAIN", "LOGIN"})

_log = log.get("proxyd")


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client on its way in.  `service` is imap or pop3; `identified` what its ID said."""

    service: str
    said: Forwarded
    identified: Mapping[str, str]

    @property
    def peer(self) -> str:
        return self.said.address


def mechanisms(names: tuple[str, ...], rules: Proxy) -> tuple[str, ...]:
    """Those of the mechanisms with which the proxy can let somebody in at a node.

    Without a master's login it has to learn the password.  Courier §7.8: whatever proves a name
    here, the node gets the clear text.
    """
    if rules.login != "password":
        return names
    return tuple(name for name in names if name in SHOWS_PASSWORD)


async def with_password(
    backends: Backends, rules: Proxy, visitor: Visitor, name: str, password: str
) -> Entered | None:
    """Let in who says this name and password; None and Refused when they are wrong.

    Raises TemporaryFailure and Unavailable.
    """
    peer, service = visitor.peer, visitor.service
    if not rules.verify and rules.login == "password":
        name = login.full_name(name)
        await threads.database.run(_check_throttle, name, peer)
        try:
            return await _enter(backends, rules, visitor, name, Credentials(name, password))
        except Refused:
            await threads.database.run(_failed, name, service, peer)
            return None
    identity = await logins.with_password(name, password, service=service, peer=peer)
    if identity is None:
        return None
    return await _enter(
        backends, rules, visitor, identity.address, _credentials(identity.address, password, rules)
    )


async def with_sasl(
    backends: Backends,
    rules: Proxy,
    visitor: Visitor,
    exchange: sasl.Mechanism,
    initial: bytes | None,
    ask: Exchange,
) -> Entered | None:
    """The same by a SASL exchange; `ask` sends a challenge and returns the response."""
    if isinstance(exchange, sasl.Plain | sasl.Login):
        said = await _said(exchange, initial, ask)
        if said is None or said.authzid.lower() not in ("", said.name.lower()):
            return None
        return await with_password(backends, rules, visitor, said.name, said.password)
    identity = await logins.with_sasl(
        exchange, initial, ask, service=visitor.service, peer=visitor.peer
    )
    if identity is None:
        return None
    address = identity.address
    return await _enter(backends, rules, visitor, address, _credentials(address, "", rules))


async def _said(
    exchange: sasl.Plain | sasl.Login, initial: bytes | None, ask: Exchange
) -> sasl.Credentials | None:
    step = exchange.step(initial)
    while isinstance(step, sasl.Challenge):
        step = exchange.step(await ask(step.data))
    return step if isinstance(step, sasl.Credentials) else None


def _credentials(address: str, password: str, rules: Proxy) -> Credentials:
    match rules.login:
        case "authzid":
            return Credentials(rules.master_user, rules.master_password, address)
        case "suffix":
            return Credentials(f"{address}*{rules.master_user}", rules.master_password)
    return Credentials(address, password)


async def _enter(
    backends: Backends, rules: Proxy, visitor: Visitor, name: str, credentials: Credentials
) -> Entered:
    node = await _node(name, rules, backends.own)
    if node is None:
        _log.error("node.unknown", account=name)
        raise Unavailable(f"the node of {name} is not listed")
    try:
        entered = await backends.enter(
            node,
            visitor.service,
            credentials,
            replace(visitor.said, ttl=visitor.said.ttl - 1),
            visitor.identified,
            rules,
        )
    except Refused as error:
        _log.warning("node.refused", node=node.name, account=name, peer=visitor.peer,
                     code=error.code)  # fmt: skip
        if credentials.authzid or rules.login != "password":
            raise Unavailable(f"{node.name} refuses the master") from None
        raise
    _log.info("session.opened", peer=visitor.peer, account=name, node=node.name)
    return entered


async def _node(name: str, rules: Proxy, own: Node) -> Node | None:
    known = directory.cached_account(name)
    if known is UNKNOWN:
        known = await threads.database.run(_account, name)
    return nodes.of_account(known, rules, own)


def _account(name: str) -> directory.AccountValue | None:
    try:
        return directory.account(name)
    except DatabaseError as error:
        raise TemporaryFailure(status.DIRECTORY_FAILURE, "Try again later.") from error


def _check_throttle(name: str, peer: str) -> None:
    login.check_throttle(name, peer=peer)


def _failed(name: str, service: str, peer: str) -> None:
    login.scram_failed(name, service=service, peer=peer)
