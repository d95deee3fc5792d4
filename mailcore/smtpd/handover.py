"""From a finished transaction to the queue: the last checks, then responsibility.

What comes back is the reply; only after a success has anything been promised.
"""

import asyncio

from mailcore import log
from mailcore.conf.schema.esmtp import Esmtp
from mailcore.envelope import Envelope
from mailcore.errors import DeliveryError
from mailcore.policy.content import judge
from mailcore.protocol.reply import Reply
from mailcore.queue.content import Content
from mailcore.smtpd import replies
from mailcore.smtpd.transaction import Transaction
from mailcore.status import Status
from mailcore.submit.accept import Origin, accept

_QUEUED = Status(2, 0, 0)
_log = log.get("smtpd")


async def hand_over(
    transaction: Transaction, envelope: Envelope, content: Content, origin: Origin, rules: Esmtp
) -> Reply:
    """Submit the message and wait until it is durable.  Never raises for trouble of ours."""
    refusal = judge(
        content.head,
        max_octets=rules.header_limit,
        max_fields=rules.max_header_fields,
        refuse_broken_mime=rules.refuse_broken_mime,
    )
    if refusal is not None:
        content.discard()
        return refusal
    try:
        future = accept(envelope, transaction.resolutions, content, origin)
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
