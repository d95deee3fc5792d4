"""What all sessions of one server process share."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.server.limits import ConnectionLimits
from mailcore.server.refusals import Refusals
from mailcore.server.shutdown import Sessions
from mailcore.server.tls import ServerContext
from mailcore.smtpd.listeners import Listener

_MINUTE = 60.0

_log = log.get("smtpd")


@dataclass(slots=True)
class Service:
    """`tls` None: no certificate, so no STARTTLS.  `decoy` seeds SCRAM's made-up salts.

    `certificates` are the contexts of listeners with a certificate of their own, by its name.
    """

    spool: FilePath
    tls: ServerContext | None
    decoy: bytes
    sessions: Sessions
    limits: ConnectionLimits
    certificates: Mapping[str, ServerContext] = field(default_factory=dict)
    refusals: Refusals = field(default_factory=lambda: Refusals(_log))
    crowd_noted: float = float("-inf")

    def settings(self) -> Snapshot:
        """The snapshot for a session that begins now; it keeps it to its end."""
        current = snapshot()
        self.limits.total = current.esmtp.max_connections
        self.limits.per_address = current.esmtp.max_connections_per_address
        self.limits.per_network = current.access.max_connections_per_network
        return current

    def context(self, listener: Listener) -> ServerContext | None:
        """The TLS context of a listener: its own certificate's, else everybody's."""
        return self.certificates.get(listener.certificate, self.tls)

    def note_crowd(self) -> None:
        """Warn once a minute while nearly all connections are taken."""
        if (now := time.monotonic()) - self.crowd_noted > _MINUTE:
            _log.warning("connections.tight", open=self.limits.open, limit=self.limits.total)
            self.crowd_noted = now
