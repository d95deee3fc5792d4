"""What is looked at and mended in received content before anybody else sees it.

With the settings as supplied nothing here costs anything.
"""

from pathlib import Path as FilePath

from django.db.utils import Error as DatabaseError

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.conf.schema.registry import Snapshot
from mailcore.message.header import split
from mailcore.message.wrap import wrapped
from mailcore.policy import authors, content, sender
from mailcore.protocol.reply import Reply
from mailcore.queue.content import Content, ContentWriter
from mailcore.server import threads
from mailcore.smtpd import replies

_log = log.get("smtpd")


async def tidied(
    received: Content, identity: Identity | None, settings: Snapshot, spool: FilePath
) -> Content | Reply:
    """The content as it is to be taken, or why it isn't; then it has been discarded."""
    refusal = await _judge(received, identity, settings)
    if refusal is not None:
        received.discard()
        return refusal
    if settings.hygiene.broken_mime != "wrap":
        return received
    header, _ = split(received.head)
    why = content.judge_structure(received.head, header)
    if why is None:
        return received
    try:
        return await threads.checks.run(_wrapped, received, why.text.split("\n")[0], spool)
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


def _wrapped(received: Content, why: str, spool: FilePath) -> Content:
    try:
        with received.open() as stream:
            message = stream.read()
        writer = ContentWriter(spool)
        writer.write(wrapped(message, why))
        return writer.finish()
    finally:
        received.discard()
