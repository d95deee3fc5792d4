"""From a finished transaction to the queue: the last checks, then responsibility.

What comes back is the reply; only after a success has anything been promised.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from mailcore import log
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Envelope
from mailcore.errors import DeliveryError
from mailcore.filters import links
from mailcore.mailauth import arc_seal, signing
from mailcore.policy import chain
from mailcore.policy.content import judge
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Standing, Verdict
from mailcore.protocol.reply import Reply
from mailcore.queue import ids
from mailcore.queue.content import Content
from mailcore.routing.router import Resolution
from mailcore.server import threads
from mailcore.smtpd import replies
from mailcore.smtpd.transaction import Transaction
from mailcore.status import Status
from mailcore.submit import redirection
from mailcore.submit.accept import Origin, accept

_QUEUED = Status(2, 0, 0)
_DISCARDED = Reply(250, _QUEUED, "Ok.")
_log = log.get("smtpd")


@dataclass(frozen=True, slots=True)
class Handed:
    """What the peer is told: `reply`, but of the recipients in `refused` (by index) theirs."""

    reply: Reply
    refused: Mapping[int, Reply] = field(default_factory=dict)


async def hand_over(
    transaction: Transaction,
    envelope: Envelope,
    content: Content,
    origin: Origin,
    peer: Peer,
    settings: Snapshot,
    *,
    each: bool = False,
) -> Handed:
    """Submit the message and wait until it is durable.  Never raises for trouble of ours.

    `each`: the peer can be told of every recipient (EXDATA, LMTP).
    """
    rules = settings.esmtp
    refusal = judge(
        content.head,
        max_octets=rules.header_limit,
        max_fields=rules.max_header_fields,
        refuse_broken_mime=settings.hygiene.broken_mime == "reject",
    )
    if refusal is not None:
        content.discard()
        return Handed(refusal)
    verdict = NO_OBJECTION
    refused: Mapping[int, Reply] = {}
    number = ids.new_id()  # checks may tell of it
    try:
        verdict = await _checked(transaction, envelope, content, origin, peer, settings, number)
        if verdict.refusal is not None:
            content.discard()
            return Handed(verdict.refusal)
        if verdict.discard:
            content.discard()
            _log.info("message.discarded", session=origin.session, peer=origin.peer_ip)
            return Handed(_DISCARDED)
        refused = verdict.refused
        refusal = _for_all(refused, len(envelope.recipients), each=each)
        if refusal is not None:
            content.discard()
            return Handed(refusal, refused if each else {})
        content = _replaced(content, verdict)
        gone = {*verdict.dropped, *(refused if each else ())}
        envelope, resolutions = await _directed(transaction, envelope, verdict, gone)
        if not envelope.recipients:
            content.discard()
            return Handed(_DISCARDED, refused if each else {})
        submit = partial(
            accept,
            envelope,
            resolutions,
            content,
            _with(origin, verdict),
            refused=None if each else redirection.renumbered(refused, gone),
            number=number,
        )
        if content.file is not None and _reads_it_all(envelope, settings):
            future = await threads.checks.run(submit)  # it reads the whole file
        else:
            future = submit()
        accepted = await asyncio.wrap_future(future)
    except DeliveryError as error:
        content.discard()
        return Handed(replies.of_failure(error))
    except Exception:
        _log.exception("message.broken", peer=origin.peer_ip, session=origin.session)
        content.discard()
        return Handed(replies.TROUBLE)
    _log.info(
        "message.queued",
        id=accepted.text,
        session=origin.session,
        peer=origin.peer_ip,
        reverse_path=str(envelope.reverse_path),
        recipients=len(envelope.recipients),
        size=content.size,
    )
    return Handed(Reply(250, _QUEUED, f"queued as {accepted.text}"), refused if each else {})


def _reads_it_all(envelope: Envelope, settings: Snapshot) -> bool:
    """Whether the whole content is looked at once more on its way in."""
    source = envelope.source
    return signing.applies(source, settings) or arc_seal.applies(source, settings)


def _for_all(refused: Mapping[int, Reply], recipients: int, *, each: bool) -> Reply | None:
    """The one reply to a message that checks would not have for some recipients, or None.

    A message that nobody wants is refused.  A peer that can't be told of each recipient is
    asked to come again when any is to be tried later; the others are not bothered twice.
    """
    if not refused:
        return None
    if len(refused) == recipients:
        later = (one for one in refused.values() if one.is_temporary)
        return next(later, refused[min(refused)])
    return None if each else next((one for one in refused.values() if one.is_temporary), None)


async def _directed(
    transaction: Transaction, envelope: Envelope, verdict: Verdict, gone: Collection[int]
) -> tuple[Envelope, Sequence[Resolution]]:
    """Who gets the message, and from whom, after the checks."""
    resolutions = transaction.resolutions
    if gone:
        envelope, resolutions = redirection.without(envelope, resolutions, gone)
    if verdict.redirects:
        redirect = redirection.redirected
        return await threads.database.run(redirect, envelope, resolutions, verdict)
    return envelope, resolutions


def _replaced(content: Content, verdict: Verdict) -> Content:
    """What is submitted: a check's own version, and then the peer's is let go of."""
    if verdict.content is None or verdict.content is content:
        return content
    content.discard()
    return verdict.content


async def _checked(
    transaction: Transaction,
    envelope: Envelope,
    content: Content,
    origin: Origin,
    peer: Peer,
    settings: Snapshot,
    number: int,
) -> Verdict:
    """What the chain of checks says; most messages have none to pass and go on at once."""
    standing = transaction.standing or Standing.WHITELISTED
    asked = links.wanted(settings, peer, standing)
    if not asked:
        return NO_OBJECTION
    paths = tuple(each.path for each in envelope.recipients)
    received = Received(
        peer=peer,
        reverse_path=envelope.reverse_path,
        recipients=paths,
        content=content,
        settings=settings,
        session=origin.session,
        spf=transaction.spf,
        standing=standing,
        number=number,
        envelope=envelope,
        milters=transaction.milters,
    )
    return await threads.checks.run(chain.run, asked, received)


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
