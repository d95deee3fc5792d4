"""What all sessions of one server process share."""

import ssl
import time
from dataclasses import dataclass
from pathlib import Path as FilePath

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Sessions

_log = log.get("smtpd")


@dataclass(slots=True)
class Service:
    """`tls` None: no certificate, so no STARTTLS.  `decoy` seeds SCRAM's made-up salts."""

    spool: FilePath
    tls: ssl.SSLContext | None
    decoy: bytes
    sessions: Sessions
    limits: ConnectionLimits
    refused: int = 0
    refusal_noted: float = 0.0

    def settings(self) -> Snapshot:
        """The snapshot for a session that begins now; it keeps it to its end."""
        current = snapshot()
        self.limits.total = current.esmtp.max_connections
        self.limits.per_address = current.esmtp.max_connections_per_address
        return current

    def note_refusal(self, peer: str) -> None:
        """Log connections over the limits, but let a flood of them not flood the log."""
        self.refused += 1
        if (now := time.monotonic()) - self.refusal_noted > 1:
            _log.warning("session.refused", peer=peer, refused=self.refused)
            self.refused, self.refusal_noted = 0, now
