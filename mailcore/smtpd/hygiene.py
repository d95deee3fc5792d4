"""What is looked at and mended in received content before anybody else sees it.

With the settings as supplied nothing here costs anything.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path as FilePath

from django.db.utils import Error as DatabaseError

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.conf.schema.registry import Snapshot
from mailcore.message.header import split
from mailcore.message.recode import to_seven_bit
from mailcore.message.widen import to_eight_bit
from mailcore.message.wrap import wrapped
from mailcore.policy import authors, content, sender
from mailcore.protocol.reply import Reply
from mailcore.queue.content import Content, ContentWriter
from mailcore.server import threads
from mailcore.smtpd import replies

_RECODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "7bit": to_seven_bit,
    "8bit": to_eight_bit,
}

_log = log.get("smtpd")


async def tidied(
    received: Content, identity: Identity | None, settings: Snapshot, spool: FilePath
) -> Content | Reply:
    """The content as it is to be taken, or why it isn't; then it has been discarded."""
    refusal = await _judge(received, identity, settings)
    if refusal is not None:
        received.discard()
        return refusal
    if identity is not None and settings.hygiene.recode != "nothing":
        change = _RECODINGS[settings.hygiene.recode]
        try:
            received = await threads.checks.run(_changed, received, change, spool)
        except OSError as error:
            _log.error("content.unwritable", error=str(error))
            return replies.TROUBLE
    if settings.hygiene.broken_mime != "wrap":
        return received
    header, _ = split(received.head)
    why = content.judge_structure(received.head, header)
    if why is None:
        return received
    try:
        reason = why.text.split("\n")[0]
        return await threads.checks.run(_changed, received, partial(wrapped, why=reason), spool)
    except OSError as error:
        _log.error("content.unwritable", error=str(error))
        return replies.TROUBLE


async def _judge(received: Content, identity: Identity | None, settings: Snapshot) -> Reply | None:
    rules = settings.hygiene
    if identity is not None and rules.check_from:
        refusal = await _judge_authors(received, identity)
        if refusal is not None:
            return refusal
    if rules.refuse_unlabelled_eight_bit and not received.is_ascii:
        refusal = content.judge_label(split(received.head)[0])
        if refusal is not None:
            return refusal
    return content.judge_base64(received.head) if rules.refuse_base64_text else None


async def _judge_authors(received: Content, identity: Identity) -> Reply | None:
    """Whether every address the header names is the user's own."""
    found = authors.named(split(received.head)[0])
    if found is None:
        return authors.UNCLEAR
    try:
        for path in found:
            if not sender.is_plainly(path, identity.address) and not await threads.database.run(
                identity.may_send_as, path
            ):
                return sender.not_yours(path)
    except DatabaseError as error:
        _log.error("directory.unreachable", error=str(error))
        return replies.TROUBLE
    return None


def _changed(received: Content, change: Callable[[bytes], bytes], spool: FilePath) -> Content:
    """The content in another form; the old one is let go of."""
    try:
        with received.open() as stream:
            message = stream.read()
        writer = ContentWriter(spool)
        writer.write(change(message))
        return writer.finish()
    finally:
        received.discard()
