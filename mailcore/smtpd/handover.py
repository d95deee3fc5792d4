"""From a finished transaction to the queue: the last checks, then responsibility.

What comes back is the reply; only after a success has anything been promised.
"""

import asyncio
from dataclasses import replace

from mailcore import log
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Envelope
from mailcore.errors import DeliveryError
from mailcore.policy import chain
from mailcore.policy.content import judge
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Verdict
from mailcore.protocol.reply import Reply
from mailcore.queue.content import Content
from mailcore.server import threads
from mailcore.smtpd import replies
from mailcore.smtpd.transaction import Transaction
from mailcore.status import Status
from mailcore.submit.accept import Origin, accept

_QUEUED = Status(2, 0, 0)
_DISCARDED = Reply(250, _QUEUED, "Ok.")
_log = log.get("smtpd")


async def hand_over(
    transaction: Transaction,
    envelope: Envelope,
    content: Content,
    origin: Origin,
    peer: Peer,
    settings: Snapshot,
) -> Reply:
    """Submit the message and wait until it is durable.  Never raises for trouble of ours."""
    rules = settings.esmtp
    refusal = judge(
        content.head,
        max_octets=rules.header_limit,
        max_fields=rules.max_header_fields,
        refuse_broken_mime=rules.refuse_broken_mime,
    )
    if refusal is not None:
        content.discard()
        return refusal
    verdict = NO_OBJECTION
    try:
        verdict = await _checked(envelope, content, origin, peer, settings)
        if verdict.refusal is not None:
            content.discard()
            return verdict.refusal
        if verdict.discard:
            content.discard()
            _log.info("message.discarded", session=origin.session, peer=origin.peer_ip)
            return _DISCARDED
        content = verdict.content or content
        future = accept(envelope, transaction.resolutions, content, _with(origin, verdict))
        accepted = await asyncio.wrap_future(future)
    except DeliveryError as error:
        content.discard()
        return replies.of_failure(error)
    except Exception:
        _log.exception("message.broken", peer=origin.peer_ip, session=origin.session)
        content.discard()
        return replies.TROUBLE
    _log.info(
        "message.queued",
        id=accepted.text,
        session=origin.session,
        peer=origin.peer_ip,
        reverse_path=str(envelope.reverse_path),
        recipients=len(envelope.recipients),
        size=content.size,
    )
    return Reply(250, _QUEUED, f"queued as {accepted.text}")


async def _checked(
    envelope: Envelope, content: Content, origin: Origin, peer: Peer, settings: Snapshot
) -> Verdict:
    """What the chain of checks says; most messages have none to pass and go on at once."""
    links = chain.wanted(settings, peer)
    if not links:
        return NO_OBJECTION
    paths = tuple(each.path for each in envelope.recipients)
    received = Received(peer, envelope.reverse_path, paths, content, settings, origin.session)
    return await threads.checks.run(chain.run, links, received)


def _with(origin: Origin, verdict: Verdict) -> Origin:
    """What the checks want written into the header, for `submit` to write."""
    if verdict is NO_OBJECTION:
        return origin
    return replace(
        origin,
        fields=verdict.fields,
        results=verdict.results,
        renamed=verdict.renamed,
        removed=verdict.removed,
        hold=verdict.hold,
    )
