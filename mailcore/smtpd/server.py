"""The ESMTP servers of one process: mail port, submission, submissions, LMTP."""

import asyncio
import socket
from collections.abc import Mapping

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import Deployment, deployment
from mailcore.server import listener, logins, threads, tls
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Sessions
from mailcore.smtpd.connection import HANDSHAKE_SECONDS
from mailcore.smtpd.listeners import LISTENERS, Listener
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
    servers = [
        await start(service, LISTENERS[name], opened)
        for name, found in sockets.items()
        if service.tls is not None or not LISTENERS[name].implicit_tls
        for opened in found
    ]

    def reload() -> None:
        tls.reload_if_usable(service.tls, facts.tls_certificate, facts.tls_key)

    _log.info("server.ready", listeners=" ".join(sockets))
    await service.sessions.until_stopped(servers, reload=reload)


def service_for(facts: Deployment) -> Service:
    """What the sessions share; without a certificate there is no STARTTLS."""
    esmtp = snapshot().esmtp
    return Service(
        spool=facts.spool,
        tls=tls.context_if_usable(facts.tls_certificate, facts.tls_key),
        decoy=logins.decoy(facts.secret),
        sessions=Sessions(),
        limits=ConnectionLimits(esmtp.max_connections, esmtp.max_connections_per_address),
    )


async def start(service: Service, kind: Listener, opened: socket.socket) -> asyncio.Server:
    """Accept connections of one kind on a listening socket."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SmtpSession(service, kind),
        sock=opened,
        ssl=service.tls if kind.implicit_tls else None,
        ssl_handshake_timeout=HANDSHAKE_SECONDS if kind.implicit_tls else None,
    )
