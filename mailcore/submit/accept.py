"""THE way in: envelope and content → a queued message.

Everything that enters goes through `accept`: SMTP, LMTP, sendmail, the webmail, our own DSNs.
It works on values in memory only and hands them to the committer; whoever called waits on the
future, and has promised nothing to anybody until it is done.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from mailcore import status
from mailcore.conf.current import snapshot
from mailcore.envelope import Envelope, Security
from mailcore.errors import PermanentFailure
from mailcore.mailauth import arc_seal
from mailcore.message.trace import Origin
from mailcore.protocol.reply import Reply
from mailcore.queue import committer, ids
from mailcore.queue.content import Content
from mailcore.queue.entry import REPORT, Accepted, Entry, NewRecipient, Settlement, TraceEvent
from mailcore.routing import router
from mailcore.routing.router import Resolution
from mailcore.submit.expand import expand, failures
from mailcore.submit.prepare import Prepared, prepare, sealed

__all__ = ["Accepted", "Origin", "accept"]


def accept(
    envelope: Envelope,
    resolutions: Sequence[Resolution] | None,
    content: Content,
    origin: Origin,
    *,
    refused: Mapping[int, Reply] | None = None,
    settles: Settlement | None = None,
    number: int = 0,
) -> "Future[Accepted]":
    """Take responsibility for a message.

    `resolutions` are the router's, in the order of the recipients; None asks the router here,
    which may wait for the database.  Raises DeliveryError when the message is refused: a loop,
    raw 8-bit headers, an unknown recipient.  The future fails with TemporaryFailure when the
    disk is full or the database away; then nothing was kept.

    `refused` are recipients (by index) that a check would not have, when there was no way to
    say so: their failure is reported to the sender.  `settles` is the report this message is.
    `number` is its queue id, where one was told to filters before; 0 makes one.
    """
    settings = snapshot().for_mail(envelope.listener, envelope.auth_identity)
    if resolutions is None:
        resolutions = [router.resolve(each.path) for each in envelope.recipients]
    for resolution in resolutions:
        if resolution.refusal:
            raise PermanentFailure(resolution.refusal.status, resolution.refusal.text)
    pairs = list(zip(envelope.recipients, resolutions, strict=True))
    failed: tuple[NewRecipient, ...] = ()
    if refused:
        failed = failures((pairs[index][0], reply) for index, reply in refused.items())
        pairs = [pair for index, pair in enumerate(pairs) if index not in refused]
    recipients = expand(pairs, verp=envelope.verp) + failed
    if not recipients:
        raise PermanentFailure(status.NO_SUCH_MAILBOX, "No recipients.")
    number = number or ids.new_id()
    now, queue = time.time(), settings.queue
    starts = max(now, envelope.release_at)  # what was asked to wait isn't late yet
    prepared = prepare(number, envelope, content, origin, settings)
    if arc_seal.applies(envelope.source, settings) and any(
        _goes_onward(resolution, origin) for resolution in resolutions
    ):
        prepared = sealed(prepared, content, origin, settings)
    return committer.submit(
        Entry(
            id=number,
            created_at=now,
            expires_at=starts + queue.expire_after,
            warn_at=starts + queue.warn_after if queue.warn_after else 0,
            next_attempt_at=max(now + queue.initial_hold, starts),
            reverse_path=str(envelope.reverse_path),
            source=envelope.source.value,
            content=content,
            prefix=prepared.prefix,
            skip=prepared.skip,
            recipients=recipients,
            auth_identity=envelope.auth_identity,
            listener=envelope.listener,
            received_from=_received_from(origin),
            eight_bit=prepared.eight_bit,
            smtputf8=envelope.smtputf8,
            ret=envelope.ret.value,
            envid=envelope.envid,
            verp=envelope.verp,
            minimum_security=_security(envelope, prepared),
            priority=envelope.priority,
            held=bool(origin.hold),
            report=any(each.state == REPORT for each in recipients),
            events=(_queued(number, envelope, origin, content, recipients),),
            settles=settles,
        )
    )


def _goes_onward(resolution: Resolution, origin: Origin) -> bool:
    """Whether an alias, or a recipient's instructions, send it to another server."""
    return (resolution.alias or origin.onward) and any(
        each.transport == router.ESMTP for each in resolution.destinations
    )


def _security(envelope: Envelope, prepared: Prepared) -> str:
    """What was asked for in the envelope; only then what the header says.  RFC 8689 §5."""
    if envelope.minimum_security or not prepared.tls_optional:
        return envelope.minimum_security
    return Security.OPTIONAL


def _received_from(origin: Origin) -> str:
    """The peer for Received-From-MTA.  RFC 3464 §2.2.4."""
    if not origin.peer_ip:
        return origin.protocol
    return f"{origin.helo} ({origin.peer_host or ''} [{origin.peer_ip}])".replace("( [", "([")


def _queued(
    number: int,
    envelope: Envelope,
    origin: Origin,
    content: Content,
    recipients: tuple[NewRecipient, ...],
) -> TraceEvent:
    peer = f"{origin.helo} [{origin.peer_ip}]" if origin.peer_ip else ""
    return TraceEvent(
        message_id=number,
        at=time.time(),
        event="queued",
        address=str(envelope.reverse_path).lower(),
        peer=peer,
        text=f"{origin.protocol}, {content.size} octets, {len(recipients)} recipients"
        + (f", session {origin.session}" if origin.session else "")
        + (f", held: {origin.hold}" if origin.hold else ""),
    )
