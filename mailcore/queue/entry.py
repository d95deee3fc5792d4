"""What the committer writes: one accepted message as prepared values."""

from dataclasses import dataclass

from mailcore.queue import ids
from mailcore.queue.content import Content

QUEUED, HELD, REPORT = "queued", "held", "report"


@dataclass(frozen=True, slots=True)
class NewRecipient:
    """A recipient row to be; `state` REPORT with an action is an outcome to tell at once."""

    id: int
    forward_path: str
    transport: str
    host: str
    orcpt: str = ""
    notify: str = ""
    state: str = QUEUED
    action: str = ""
    status: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One line of a message's history.  `at` is seconds since the epoch."""

    message_id: int
    at: float
    event: str
    address: str = ""
    status: str = ""
    peer: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A debt the new message pays: the report owed for `message_id`.

    Written in the same transaction; when another process has paid already, neither is written.
    """

    message_id: int
    reported: tuple[int, ...] = ()  # recipients whose rows go
    warned: bool = False
    events: tuple[TraceEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, its recipients and its content, ready to be written."""

    id: int
    created_at: float
    expires_at: float
    warn_at: float
    next_attempt_at: float
    reverse_path: str
    source: str
    content: Content
    prefix: bytes
    skip: int
    recipients: tuple[NewRecipient, ...]
    auth_identity: str = ""
    listener: str = ""
    received_from: str = ""
    eight_bit: bool = False
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""
    verp: bool = False
    minimum_security: str = ""
    priority: int = 0
    held: bool = False
    report: bool = False
    events: tuple[TraceEvent, ...] = ()
    settles: Settlement | None = None

    @property
    def size(self) -> int:
        return len(self.prefix) + self.content.size - self.skip

    @property
    def lanes(self) -> frozenset[str]:
        """Whom to wake once this is committed."""
        lanes = {each.transport for each in self.recipients if each.state == QUEUED}
        return frozenset(lanes | {"report"} if self.report else lanes)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message is durable.  `text` is the id as people see it."""

    id: int

    @property
    def text(self) -> str:
        return ids.text(self.id)
