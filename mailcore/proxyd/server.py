"""The proxy of one process: IMAP and POP3, with and without TLS."""

import asyncio
import socket
from collections.abc import Callable, Mapping

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import Deployment, deployment
from mailcore.proxyd import nodes
from mailcore.proxyd.backends import Backends
from mailcore.proxyd.front import HANDSHAKE_SECONDS, Conversation, Front
from mailcore.proxyd.imap import ImapConversation
from mailcore.proxyd.pop3 import Pop3Conversation
from mailcore.proxyd.service import Service
from mailcore.server import listener, logins, threads, tls
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Sessions

NAMES = ("imap_proxy", "imaps_proxy", "pop3_proxy", "pop3s_proxy")
_TLS = frozenset({"imaps_proxy", "pop3s_proxy"})
_CONVERSATIONS: Mapping[str, Callable[[Front], Conversation]] = {
    "imap_proxy": ImapConversation,
    "imaps_proxy": ImapConversation,
    "pop3_proxy": Pop3Conversation,
    "pop3s_proxy": Pop3Conversation,
}

_log = log.get("proxyd")


def serve(sockets: Mapping[str, list[socket.socket]]) -> None:
    """Serve on these listening sockets (by listener name) until SIGTERM, then drain."""
    snapshot()  # the only read of the database that an event loop must not make
    listener.run(run(sockets, deployment()))
    threads.close_all()


async def run(sockets: Mapping[str, list[socket.socket]], facts: Deployment) -> None:
    """The same, on a loop that runs already."""
    service = service_for(facts)
    prober = asyncio.get_running_loop().create_task(keep_probing(service))
    servers = [
        await start(service, opened, name)
        for name, found in sockets.items()
        if service.tls is not None or name not in _TLS
        for opened in found
    ]

    def reload() -> None:
        tls.reload_if_usable(service.tls, facts.tls_certificate, facts.tls_key)

    _log.info("server.ready", listeners=" ".join(sockets))
    await service.sessions.until_stopped(servers, reload=reload)
    prober.cancel()


def service_for(facts: Deployment) -> Service:
    """What the sessions share; without a certificate there is no STARTTLS."""
    proxy = snapshot().proxy
    return Service(
        tls=tls.context_if_usable(facts.tls_certificate, facts.tls_key),
        decoy=logins.decoy(facts.secret),
        sessions=Sessions(),
        limits=ConnectionLimits(proxy.max_connections, proxy.max_per_address),
        backends=Backends(nodes.here(facts)),
    )


async def start(service: Service, opened: socket.socket, name: str) -> asyncio.Server:
    """Accept connections on a listening socket of the listener called `name`."""
    implicit = name in _TLS
    return await asyncio.get_running_loop().create_server(
        lambda: Front(service, _CONVERSATIONS[name]).speaker,
        sock=opened,
        ssl=service.tls if implicit else None,
        ssl_handshake_timeout=HANDSHAKE_SECONDS if implicit else None,
    )


async def keep_probing(service: Service) -> None:
    """Ask the nodes what they can do, now and again, until cancelled."""
    while True:
        rules = snapshot().proxy
        await service.backends.probe(rules)
        await asyncio.sleep(rules.probe_seconds)
