"""What all sessions of one proxy process share."""

import time
from dataclasses import dataclass

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.proxyd.backends import Backends
from mailcore.server.limits import ConnectionLimits
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
    refused: int = 0
    refusal_noted: float = 0.0

    def settings(self) -> Snapshot:
        """The snapshot for a session that begins now; it keeps it to its end."""
        current = snapshot()
        self.limits.total = current.proxy.max_connections
        self.limits.per_address = current.proxy.max_per_address
        return current

    def note_refusal(self, peer: str) -> None:
        """Log connections over the limits, but let a flood of them not flood the log."""
        self.refused += 1
        if (now := time.monotonic()) - self.refusal_noted > 1:
            _log.warning("session.refused", peer=peer, refused=self.refused)
            self.refused, self.refusal_noted = 0, now
