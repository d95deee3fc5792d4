"""What a session is given: the settings that hold for it, and what its process shares."""

import ssl
from dataclasses import dataclass

from mailcore.conf.schema.registry import Snapshot
from mailcore.imapd.hub import Hub
from mailcore.mailbox.stores import Stores


@dataclass(slots=True)
class Context:
    """`rules` are the session's own, narrowed at the login; the rest all sessions share.

    `decoy` salts SCRAM for unknown names.
    """

    rules: Snapshot
    stores: Stores
    hub: Hub
    tls: ssl.SSLContext | None
    decoy: bytes
