"""Who may send, and to whom: the checks of MAIL and RCPT in Courier's order.

Answers from memory where it can; what must ask the database does so in a thread.
"""

from django.db.utils import Error as DatabaseError

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path
from mailcore.errors import TemporaryFailure
from mailcore.policy import blocklist, bofh, limits, lookups, relay, sender, spf
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp.parameters import MailOptions
from mailcore.routing import router
from mailcore.routing.router import Resolution
from mailcore.server import threads
from mailcore.smtpd import replies

_log = log.get("smtpd")


async def judge_sender(
    path: Path, options: MailOptions, settings: Snapshot, identity: Identity | None
) -> Reply | None:
    """Why this reverse-path can't be used, or None."""
    refusal = limits.check_size(options.size, settings.esmtp.size_limit)
    if refusal is not None:
        return refusal
    if not options.smtputf8 and not path.is_ascii:
        return replies.SMTPUTF8_NEEDED
    if path.domain != settings.me.lower():
        refusal = sender.check_domain(path)
        if refusal is not None:
            return refusal
    if identity is None or not settings.esmtp.check_sender:
        return None
    if sender.is_plainly(path, identity.address):
        return None
    try:
        if await threads.database.run(identity.may_send_as, path):
            return None
    except DatabaseError as error:
        _log.error("directory.unreachable", error=str(error))
        return replies.TROUBLE
    return sender.not_yours(path)


async def judge_stranger(path: Path, helo: str, peer: str, settings: Snapshot) -> Reply | None:
    """Why we don't want this sender from somebody who hasn't logged in, or None.

    Courier's order: SPF of the EHLO name, SPF of the sender, named senders, DNS.
    """
    esmtp = settings.esmtp
    if esmtp.spf_helo or esmtp.spf_mail_from or esmtp.check_sender_domain:
        refusal = await threads.dns.run(_ask_dns, path, helo, peer, settings)
        if refusal is not None:
            return refusal
    return bofh.check_named(path, esmtp.bad_senders)


def _ask_dns(path: Path, helo: str, peer: str, settings: Snapshot) -> Reply | None:
    esmtp, names = settings.esmtp, lookups.names(settings)
    checks = [("", helo, esmtp.spf_helo)]
    if not path.is_null:
        checks.append((str(path), str(path), esmtp.spf_mail_from))
    for reverse_path, identity, accepted in checks:
        if accepted:
            verdict = spf.check(peer, reverse_path, helo, resolver=names, receiver=settings.me)
            refusal = bofh.judge_spf(verdict, identity, accepted, esmtp.spf_hard_errors)
            if refusal is not None:
                return refusal
    return bofh.check_domain(path, names) if esmtp.check_sender_domain else None


async def judge_peer(peer: str, settings: Snapshot) -> Reply | None:
    """Why nothing is taken from this peer, by the DNS lists, or None."""
    esmtp = settings.esmtp
    if not esmtp.block_lists:
        return None
    return await threads.dns.run(_ask_lists, peer, settings)


def _ask_lists(peer: str, settings: Snapshot) -> Reply | None:
    esmtp = settings.esmtp
    return blocklist.check(peer, esmtp.block_lists, esmtp.allow_lists, lookups.names(settings))


async def resolve_recipient(
    path: Path, *, authenticated: bool, relay_client: bool
) -> Resolution | Reply:
    """Where mail for this path goes, or why it isn't taken."""
    resolution = router.cached(path)
    if resolution is None:
        try:
            resolution = await threads.database.run(router.resolve, path)
        except TemporaryFailure as error:
            return replies.of_failure(error)
    refusal = relay.check_recipient(
        local=resolution.local, authenticated=authenticated, relay_client=relay_client
    )
    if refusal is not None:
        return refusal
    if resolution.refusal is not None:
        refused = resolution.refusal
        return Reply(refused.code, refused.status, refused.text)
    if not resolution.local and "." not in path.domain:
        return replies.RECIPIENT_SYNTAX
    return resolution
