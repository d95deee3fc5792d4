"""What all sessions of one POP3 server process share."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.server.limits import ConnectionLimits
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
    refused: int = 0
    refusal_noted: float = 0.0

    def settings(self) -> Snapshot:
        """The snapshot for a session that begins now; it keeps it to its end."""
        current = snapshot()
        self.limits.total = current.pop3.max_connections
        self.limits.per_address = current.pop3.max_connections_per_address
        return current

    def note_refusal(self, peer: str) -> None:
        """Log connections over the limits, but let a flood of them not flood the log."""
        self.refused += 1
        if (now := time.monotonic()) - self.refusal_noted > 1:
            _log.warning("session.refused", peer=peer, refused=self.refused)
            self.refused, self.refusal_noted = 0, now
