"""What all sessions of one POP3 server process share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.server.limits import ConnectionLimits
from mailcore.server.refusals import Refusals
from mailcore.server.shutdown import Sessions
from mailcore.server.tls import ServerContext

_log = log.get("pop3d")


@dataclass(slots=True)
class Service:
    """`tls` None: no certificate, so no STLS.  `announce` tells other sessions of changes."""

    tls: ServerContext | None
    decoy: bytes
    sessions: Sessions
    limits: ConnectionLimits
    announce: Callable[[Path], None]
    refusals: Refusals = field(default_factory=lambda: Refusals(_log))

    def settings(self) -> Snapshot:
        """The snapshot for a session that begins now; it keeps it to its end."""
        current = snapshot()
        self.limits.total = current.pop3.max_connections
        self.limits.per_address = current.pop3.max_connections_per_address
        return current
