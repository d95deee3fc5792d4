"""What all sessions of one proxy process share."""

from dataclasses import dataclass, field

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.proxyd.backends import Backends
from mailcore.server.limits import ConnectionLimits
from mailcore.server.refusals import Refusals
from mailcore.server.shutdown import Sessions
from mailcore.server.tls import ServerContext

_log = log.get("proxyd")


@dataclass(slots=True)
class Service:
    """`tls` None: no certificate, so no STARTTLS."""

    tls: ServerContext | None
    decoy: bytes
    sessions: Sessions
    limits: ConnectionLimits
    backends: Backends
    refusals: Refusals = field(default_factory=lambda: Refusals(_log))

    def settings(self) -> Snapshot:
        """The snapshot for a session that begins now; it keeps it to its end."""
        current = snapshot()
        self.limits.total = current.proxy.max_connections
        self.limits.per_address = current.proxy.max_per_address
        return current
