"""The POP3 server of one process: pop3 and pop3s."""

import asyncio
import socket
from collections.abc import Mapping

from mailcore import log
from mailcore.bus.publish import announce_mailbox
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import Deployment, deployment
from mailcore.pop3d.service import Service
from mailcore.pop3d.session import HANDSHAKE_SECONDS, Pop3Session
from mailcore.server import listener, logins, threads, tls
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Sessions

NAMES = ("pop3", "pop3s")

_log = log.get("pop3d")


def serve(sockets: Mapping[str, list[socket.socket]]) -> None:
    """Serve on these listening sockets (by listener name) until SIGTERM, then drain."""
    snapshot()  # the only read of the database that an event loop must not make
    listener.run(run(sockets, deployment()))
    threads.close_all()


async def run(sockets: Mapping[str, list[socket.socket]], facts: Deployment) -> None:
    """The same, on a loop that runs already."""
    service = service_for(facts)
    servers = [
        await start(service, opened, implicit_tls=name == "pop3s")
        for name, found in sockets.items()
        if service.tls is not None or name != "pop3s"
        for opened in found
    ]

    def reload() -> None:
        tls.reload_if_usable(service.tls, facts.tls_certificate, facts.tls_key)

    _log.info("server.ready", listeners=" ".join(sockets))
    await service.sessions.until_stopped(servers, reload=reload)


def service_for(facts: Deployment) -> Service:
    """What the sessions share; without a certificate there is no STLS."""
    pop3 = snapshot().pop3
    return Service(
        tls=tls.context_if_usable(facts.tls_certificate, facts.tls_key),
        decoy=logins.decoy(facts.secret),
        sessions=Sessions(),
        limits=ConnectionLimits(pop3.max_connections, pop3.max_connections_per_address),
        announce=announce_mailbox,
    )


async def start(service: Service, opened: socket.socket, *, implicit_tls: bool) -> asyncio.Server:
    """Accept connections on a listening socket."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: Pop3Session(service),
        sock=opened,
        ssl=service.tls if implicit_tls else None,
        ssl_handshake_timeout=HANDSHAKE_SECONDS if implicit_tls else None,
    )
