"""What all sessions of one server process share."""

import ssl
from dataclasses import dataclass

from mailcore.conf.schema.registry import Snapshot
from mailcore.imapd.hub import Hub
from mailcore.mailbox.stores import Stores


@dataclass(slots=True)
class Context:
    """`rules` are the settings for new sessions; `decoy` salts SCRAM for unknown names."""

    rules: Snapshot
    stores: Stores
    hub: Hub
    tls: ssl.SSLContext | None
    decoy: bytes
