"""Connecting to a node, with the TLS its line asks for."""

import asyncio
import ssl
from functools import lru_cache

from mailcore.errors import ConfigError
from mailcore.proxyd.nodes import Node
from mailcore.proxyd.outcome import Unavailable
from mailcore.proxyd.speaker import Speaker

CONNECT_SECONDS = 5.0


@lru_cache(maxsize=8)
def context(authorities: str, *, checked: bool) -> ssl.SSLContext:
    """What we demand of nodes' certificates: `authorities` (PEM) or the system's.

    Raises ConfigError.
    """
    try:
        made = ssl.create_default_context(cadata=authorities or None)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(f"proxy.authorities: {error}") from error
    if not checked:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


async def connect(node: Node, service: str, authorities: str) -> Speaker:
    """A connection to `service` (imap or pop3) of a node, before its greeting.

    Raises Unavailable.
    """
    port = node.port(service)
    if not port:
        raise Unavailable(f"{node.name} has no {service}")
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            if node.tls != "implicit":
                _, speaker = await loop.create_connection(Speaker, node.host, port)
            else:
                _, speaker = await loop.create_connection(
                    Speaker,
                    node.host,
                    port,
                    ssl=context(authorities, checked=node.checked),
                    server_hostname=node.host,
                )
    except (OSError, TimeoutError, ConfigError) as error:
        raise Unavailable(f"cannot reach {node.host} port {port}: {error!r}") from error
    return speaker


async def start_tls(speaker: Speaker, node: Node, authorities: str) -> None:
    """After the node has said yes to STARTTLS or STLS.

    Whoever has said more than that in the clear is not believed.  Raises Unavailable.
    """
    if speaker.wire.has_input:
        raise Unavailable(f"{node.host} said more before TLS than it should")
    try:
        await speaker.start_tls(
            context(authorities, checked=node.checked), CONNECT_SECONDS, server_hostname=node.host
        )
    except (OSError, TimeoutError, ConfigError) as error:
        raise Unavailable(f"no TLS with {node.host}: {error!r}") from error
