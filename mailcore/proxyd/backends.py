"""The nodes as this process knows them: which can be reached, and what each can do."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from mailcore import log
from mailcore.conf.schema.proxy import Proxy
from mailcore.protocol import forwarded
from mailcore.protocol.forwarded import Forwarded
from mailcore.proxyd import dial, imap_node, nodes, pop3_node
from mailcore.proxyd.health import Health
from mailcore.proxyd.imap_node import ImapNode
from mailcore.proxyd.nodes import Node
from mailcore.proxyd.outcome import Credentials, Entered, NotNow, Refused, Unavailable
from mailcore.proxyd.pop3_node import Pop3Node
from mailcore.proxyd.speaker import Speaker

SERVICES = ("imap", "pop3")
_PROBES = {"imap": imap_node.probe, "pop3": pop3_node.probe}

_log = log.get("proxyd")

T = TypeVar("T")


class Backends:
    """Lives as long as its process.  `own` is this machine as a node."""

    def __init__(self, own: Node) -> None:
        self.own = own
        self._health: dict[tuple[Node, str], Health] = {}
        self._able: dict[tuple[Node, str], tuple[str, ...]] = {}

    def able(self, service: str, rules: Proxy) -> list[tuple[str, ...]]:
        """What each node can do, of those that have ever answered."""
        wanted = {(node, service) for node in nodes.expected(rules, self.own)}
        return [names for key, names in self._able.items() if key in wanted]

    async def enter(
        self,
        node: Node,
        service: str,
        credentials: Credentials,
        said: Forwarded,
        identified: Mapping[str, str],
        rules: Proxy,
    ) -> Entered:
        """A connection to the node on which the client is logged in.

        `identified` is what the client said of itself.  Raises Refused; Unavailable, at once
        while the node is known to be down.
        """

        async def log_in(speaker: Speaker, deadline: float) -> Entered:
            if service == "imap":
                fields = {**forwarded.own(identified), **forwarded.fields(said)}
                imap = ImapNode(speaker, node, rules.authorities, deadline)
                await imap.greet()
                return await imap.enter(credentials, fields)
            pop3 = Pop3Node(speaker, node, rules.authorities, deadline)
            await pop3.greet()
            return await pop3.enter(credentials, said)

        return await self._attempt(node, service, rules, log_in)

    async def probe(self, rules: Proxy) -> None:
        """Ask every node what it can do; one that has come back is known to be well again."""
        await asyncio.gather(
            *(
                self._probe(node, service, rules)
                for node in nodes.expected(rules, self.own)
                for service in SERVICES
                if node.port(service)
            )
        )

    async def _probe(self, node: Node, service: str, rules: Proxy) -> None:
        async def ask(speaker: Speaker, deadline: float) -> None:
            able = await _PROBES[service](speaker, node, rules.authorities, deadline)
            self._able[(node, service)] = able
            speaker.wire.close()

        with contextlib.suppress(Unavailable):
            await self._attempt(node, service, rules, ask)

    async def _attempt(
        self, node: Node, service: str, rules: Proxy, talk: Callable[[Speaker, float], Awaitable[T]]
    ) -> T:
        loop = asyncio.get_running_loop()
        health = self._health.setdefault((node, service), Health())
        if not health.may_try(loop.time()):
            raise Unavailable(f"{node.name} is down")
        speaker: Speaker | None = None
        talked = False
        try:
            speaker = await dial.connect(node, service, rules.authorities)
            result = await talk(speaker, loop.time() + rules.node_seconds)
            talked = True
        except (Refused, NotNow):
            health.succeeded()
            raise
        except Unavailable as error:
            pause = health.failed(loop.time(), rules.longest_pause)
            _log.warning("node.down", node=node.name, service=service, error=str(error),
                         again_in=round(pause, 1))  # fmt: skip
            raise
        finally:
            health.ended()
            if speaker is not None and not talked:
                speaker.wire.abort()
        if not health.is_well:
            _log.info("node.up", node=node.name, service=service)
        health.succeeded()
        return result
