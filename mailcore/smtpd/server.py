"""The ESMTP servers of one process: mail port, submission, submissions, LMTP."""

import asyncio
import socket
from collections.abc import Mapping
from functools import partial

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import Deployment, deployment
from mailcore.policy import access
from mailcore.server import announced, listener, logins, threads, tls
from mailcore.server.acceptor import Acceptor, exactly
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Listening, Sessions
from mailcore.server.tls import ServerContext
from mailcore.smtpd import listeners
from mailcore.smtpd.connection import HANDSHAKE_SECONDS
from mailcore.smtpd.listeners import LISTENERS, Listener
from mailcore.smtpd.places import Places
from mailcore.smtpd.service import Service
from mailcore.smtpd.session import SmtpSession

NAMES = tuple(LISTENERS)

_log = log.get("smtpd")


def serve(sockets: Mapping[str, list[socket.socket]]) -> None:
    """Serve on these listening sockets (by listener name) until SIGTERM, then drain."""
    snapshot()  # the only read of the database that an event loop must not make
    listener.run(run(sockets, deployment()))
    threads.close_all()


async def run(sockets: Mapping[str, list[socket.socket]], facts: Deployment) -> None:
    """The same, on a loop that runs already."""
    service = service_for(facts)
    servers: list[Listening] = []
    for name, found in sockets.items():
        if LISTENERS[name].implicit_tls and service.tls is None:
            continue
        servers += [await start(service, LISTENERS[name], opened) for opened in found]
    places = Places(partial(start, service))
    await places.follow(snapshot().access.listeners)
    servers.append(places)

    def reload() -> None:
        settings = snapshot().access
        authorities = settings.client_authorities
        tls.reload_if_usable(
            service.tls, facts.tls_certificate, facts.tls_key, authorities=authorities
        )
        service.certificates = _certificates(facts, authorities)
        places.follow_soon(settings.listeners)

    _log.info("server.ready", listeners=" ".join(sockets))
    await service.sessions.until_stopped(servers, reload=reload)


def service_for(facts: Deployment) -> Service:
    """What the sessions share; without a certificate there is no STARTTLS."""
    settings = snapshot()
    esmtp, authorities = settings.esmtp, settings.access.client_authorities
    return Service(
        spool=facts.spool,
        tls=tls.context_if_usable(facts.tls_certificate, facts.tls_key, authorities=authorities),
        decoy=logins.decoy(facts.secret),
        sessions=Sessions(),
        limits=ConnectionLimits(esmtp.max_connections, esmtp.max_connections_per_address),
        certificates=_certificates(facts, authorities),
    )


def _certificates(facts: Deployment, authorities: str) -> dict[str, ServerContext]:
    """The contexts of the certificates that listeners name, by name."""
    found: dict[str, ServerContext] = {}
    for extra in listeners.extras(snapshot().access.listeners).values():
        name = extra.listener.certificate
        if not name or name in found:
            continue
        file = facts.tls_certificate.parent / f"{name}.crt"
        context = tls.context_if_usable(file, file.with_suffix(".key"), authorities=authorities)
        if context is not None:
            found[name] = context
    return found


async def start(service: Service, kind: Listener, opened: socket.socket) -> Listening:
    """Accept connections of one kind on a listening socket."""
    if kind.implicit_tls:
        return Acceptor(opened, lambda accepted: _secured(service, kind, accepted))
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: SmtpSession(service, kind), sock=opened)


async def _secured(service: Service, kind: Listener, accepted: socket.socket) -> None:
    """A connection that begins with TLS, or with a balancer's word and then TLS."""
    settings = service.settings()
    peer, local = (str(name[0]) for name in (accepted.getpeername(), accepted.getsockname()))
    found = None
    if access.listed(peer, settings.esmtp.proxy_from):
        read = partial(exactly, accepted)
        found = await asyncio.wait_for(announced.read(read), announced.SECONDS)
    mine = listeners.at(kind, found.local if found else local, settings.access.listeners)
    await asyncio.get_running_loop().connect_accepted_socket(
        lambda: SmtpSession(service, mine, found),
        accepted,
        ssl=service.context(mine),
        ssl_handshake_timeout=HANDSHAKE_SECONDS,
    )
