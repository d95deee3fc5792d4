"""What a session is given: the settings that hold for it, and what its process shares."""

import ssl
from dataclasses import dataclass
from typing import Protocol

from mailcore.auth.identity import Identity
from mailcore.conf.schema.registry import Snapshot
from mailcore.imapd.hub import Hub
from mailcore.mailbox.stores import Stores


class Send(Protocol):
    """Queues a message of a user for those whom its header names; durable when it returns.

    Blocks.  Raises DeliveryError with words for the user; then nothing was kept.
    """

    def __call__(
        self, data: bytes, identity: Identity, *, peer: str, tls: str, session: str
    ) -> None: ...


@dataclass(slots=True)
class Context:
    """`rules` are the session's own, narrowed at the login; the rest all sessions share.

    `decoy` salts SCRAM for unknown names.  `send` is what an outbox needs; None: no mail is sent.
    """

    rules: Snapshot
    stores: Stores
    hub: Hub
    tls: ssl.SSLContext | None
    decoy: bytes
    send: Send | None = None
