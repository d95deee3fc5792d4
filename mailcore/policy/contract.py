"""What a check of a received message is told, and what it may answer.

A check is a function from `Received` to `Verdict`, found by name in `policy.chain`.  It may
block (DNS, a filter's socket): it runs in a thread, before anything has been promised.  A
check that can't be carried out raises TemporaryFailure: the peer is told to come again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol, Self

from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Envelope, EnvelopeRecipient, Path
from mailcore.policy import lookups, spf
from mailcore.policy.blocklist import Vouch
from mailcore.policy.spf import SpfVerdict
from mailcore.protocol.reply import Reply
from mailcore.queue.content import Content


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a session.

    `host` is the name its address has in DNS both ways, "" when it has none,
    `lookups.SOFT_ERROR` when DNS could not tell.  `identity` is the login's address;
    `trusted`: it may relay, so checks of strangers do not apply.  `vouches`: DNS lists that
    know it for a good one; `notes`: what others say of it without refusing it (variable, text).
    """

    address: str
    host: str = ""
    helo: str = ""
    tls: str = ""
    local_address: str = ""
    listener: str = ""
    identity: str = ""
    trusted: bool = False
    vouches: tuple[Vouch, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


class Standing(StrEnum):
    """What a recipient's own filter said at RCPT of this sender's mail (`filters.recipient`).

    All recipients of one transaction have the same: one of the other kind is asked to wait for
    a transaction of its own.  Courier: whitelisted is who has no filter, too.
    """

    WHITELISTED = "whitelisted"  # content filters that spare the whitelisted are not asked
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is thought of a message; the empty one has no objection and changes nothing.

    `refusal` refuses it whole, `refused` single recipients by their index (told by EXDATA and
    LMTP).  `fields` are header fields to put before it, each with its line end; `results` are
    clauses for our Authentication-Results (RFC 8601), such as "spf=pass smtp.mailfrom=a.test".
    Fields named (in lower case) in `renamed` become Old-…, those in `removed` go.
    `hold` accepts it and holds it in the queue for the reason given; `discard` accepts it and
    throws it away, traced.  `content` replaces the message.

    The envelope can change too: `sender` replaces the reverse-path, `added` are further
    recipients, those in `dropped` (by index) don't get it, and nobody is told.
    """

    refusal: Reply | None = None
    refused: Mapping[int, Reply] = field(default_factory=dict)
    fields: bytes = b""
    results: tuple[str, ...] = ()
    renamed: frozenset[bytes] = frozenset()
    removed: frozenset[bytes] = frozenset()
    hold: str = ""
    discard: bool = False
    content: Content | None = None
    sender: Path | None = None
    added: tuple[Path, ...] = ()
    dropped: frozenset[int] = frozenset()

    @property
    def redirects(self) -> bool:
        """The envelope is not what the peer gave."""
        return self.sender is not None or bool(self.added or self.dropped)

    @property
    def is_final(self) -> bool:
        """No further check is asked."""
        return self.refusal is not None or self.discard

    def and_then(self, other: "Verdict") -> "Verdict":
        """This verdict with a later one's laid over it."""
        return Verdict(
            refusal=other.refusal or self.refusal,
            refused={**self.refused, **other.refused},
            fields=other.fields + self.fields,  # the newest trace is on top
            results=self.results + other.results,
            renamed=self.renamed | other.renamed,
            removed=self.removed | other.removed,
            hold=self.hold or other.hold,
            discard=self.discard or other.discard,
            content=other.content or self.content,
            sender=other.sender or self.sender,
            added=self.added + other.added,
            dropped=self.dropped | other.dropped,
        )


NO_OBJECTION = Verdict()


class Conversations(Protocol):
    """What was said to milters so far about one message (`policy.milter`)."""

    def finish(self, received: "Received") -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Received:
    """A message that has come and is not accepted yet; `so_far` is what earlier checks said.

    `spf` holds what SPF said of the EHLO name and the reverse-path, where a setting asked.
    `standing` is what the recipients' own filters said.
    `number` is the queue id it will have when it is accepted, `envelope` all that was asked for.
    """

    peer: Peer
    reverse_path: Path
    recipients: tuple[Path, ...]
    content: Content
    settings: Snapshot
    session: str = ""
    so_far: Verdict = NO_OBJECTION
    spf: tuple[SpfVerdict, ...] = ()
    standing: Standing = Standing.WHITELISTED
    number: int = 0
    envelope: Envelope | None = None
    milters: Conversations | None = None

    @property
    def asked(self) -> Envelope:
        """The envelope with everything that was asked for."""
        if self.envelope is not None:
            return self.envelope
        return Envelope(self.reverse_path, tuple(map(EnvelopeRecipient, self.recipients)))

    def spf_of(self, identity: str) -> SpfVerdict:
        """SPF's verdict on "helo" or "mailfrom", which is asked for now if nobody has yet.

        The null path is judged by the EHLO name.  RFC 7208 §2.4.  Blocks; never raises.
        """
        path = "" if identity == "helo" or self.reverse_path.is_null else str(self.reverse_path)
        known = "mailfrom" if path else "helo"
        for verdict in self.spf:
            if verdict.identity == known:
                return verdict
        peer, settings = self.peer, self.settings
        return spf.check(
            peer.address,
            path,
            peer.helo,
            resolver=lookups.names(settings),
            receiver=settings.me,
        )

    def after(self, verdict: Verdict) -> Self:
        """What the next check is told."""
        merged = self.so_far.and_then(verdict)
        return replace(self, so_far=merged, content=merged.content or self.content)


Check = Callable[[Received], Verdict]
"""A check of messages."""

Wanted = Callable[[Snapshot, Peer], bool]
"""Whether a check applies to a session at all: asked on the event loop, so it must not block."""
