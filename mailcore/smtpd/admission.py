"""Who may send, and to whom: the checks of MAIL and RCPT in Courier's order.

Answers from memory where it can; what must ask the database does so in a thread.
"""

import asyncio
import time
from dataclasses import dataclass

from django.db.utils import Error as DatabaseError

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.conf.schema.policy import Policy
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path, Source
from mailcore.errors import TemporaryFailure
from mailcore.policy import (
    backscatter,
    blocklist,
    bofh,
    greylist,
    limits,
    lookups,
    relay,
    sender,
    spf,
    suppression,
)
from mailcore.policy.access import Access
from mailcore.policy.blocklist import UNLISTED, Listing
from mailcore.policy.contract import Peer
from mailcore.policy.spf import SpfResult, SpfVerdict
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


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is thought of a stranger and its sender; `listing` refuses at RCPT, not before."""

    refusal: Reply | None = None
    listing: Listing = UNLISTED
    spf: tuple[SpfVerdict, ...] = ()


NO_OPINION = Opinion()


async def judge_stranger(
    path: Path, peer: Peer, access: Access, settings: Snapshot, listing: Listing | None
) -> Opinion:
    """What we think of this sender from somebody who hasn't logged in.

    Courier's order: DNS lists (`listing` is what they said before in the session), SPF of the
    EHLO name, SPF of the sender, the EHLO name, named senders, freemail, DNS.
    """
    if settings.policy.refuse_without_reports:
        await _refresh_memory()
        refusal = backscatter.judge_sender(path)
        if refusal is not None:
            return Opinion(refusal, listing or UNLISTED)
    if access.denied or access.block is not None:
        return Opinion(bofh.check_named(path, settings.esmtp.bad_senders))
    if _must_ask(path, access, settings, listing):
        return await threads.dns.run(_ask_dns, path, peer, access, settings, listing)
    refusal = bofh.check_named(path, settings.esmtp.bad_senders)
    if refusal is None and listing is None:
        return NO_OPINION
    return Opinion(refusal, listing or UNLISTED)


def _must_ask(path: Path, access: Access, settings: Snapshot, listing: Listing | None) -> bool:
    """Whether DNS has a say."""
    esmtp, policy = settings.esmtp, settings.policy
    if esmtp.spf_helo or esmtp.spf_mail_from or esmtp.check_sender_domain or policy.check_helo:
        return True
    if listing is None and not access.exempt and (policy.dns_lists or esmtp.block_lists):
        return True
    return bool(policy.freemail) and bofh.names_freemail(path, policy.freemail)


def _ask_dns(
    path: Path, peer: Peer, access: Access, settings: Snapshot, listing: Listing | None
) -> Opinion:
    if listing is None:
        listing = UNLISTED if access.exempt else ask_lists(peer.address, settings)
    refusal, verdicts = _ask_spf(path, peer, settings, bool(listing.vouches))
    if refusal is None:
        refusal = _ask_names(path, peer, settings, verdicts)
    return Opinion(refusal, listing, verdicts)


def ask_lists(peer: str, settings: Snapshot) -> Listing:
    """What the DNS lists say of an address.  Blocks."""
    esmtp, policy = settings.esmtp, settings.policy
    return blocklist.consult(
        peer,
        blocklist.rules(policy.dns_lists, esmtp.block_lists, esmtp.allow_lists),
        lookups.names(settings),
        dead_defers=policy.dead_lists == "defer",
    )


def _ask_spf(
    path: Path, peer: Peer, settings: Snapshot, vouched: bool
) -> tuple[Reply | None, tuple[SpfVerdict, ...]]:
    """SPF of the EHLO name and the sender, as far as the settings want it."""
    esmtp, verdicts = settings.esmtp, []
    checks = [("", esmtp.spf_helo)]
    if not path.is_null:
        checks.append((str(path), esmtp.spf_mail_from))
    for reverse_path, accepted in checks:
        if not bofh.is_checked(accepted):
            continue
        verdict = spf.check(
            peer.address,
            reverse_path,
            peer.helo,
            resolver=lookups.names(settings),
            receiver=settings.me,
        )
        verdicts.append(verdict)
        refusal = bofh.judge_spf(
            verdict,
            accepted,
            esmtp.spf_hard_errors,
            vouched=vouched,
            verbose=settings.policy.spf_verbose,
        )
        if refusal is not None:
            return refusal, tuple(verdicts)
    return None, tuple(verdicts)


def _ask_names(
    path: Path, peer: Peer, settings: Snapshot, verdicts: tuple[SpfVerdict, ...]
) -> Reply | None:
    """The EHLO name, named senders, freemail and the sender's domain."""
    esmtp, policy, names = settings.esmtp, settings.policy, lookups.names(settings)
    refusal = None
    passed = any(one.identity == "helo" and one.result is SpfResult.PASS for one in verdicts)
    if policy.check_helo and not passed:
        refusal = bofh.check_helo(peer.helo, peer.address, names, hard=policy.check_helo == 1)
    refusal = refusal or bofh.check_named(path, esmtp.bad_senders)
    if refusal is None and bofh.names_freemail(path, policy.freemail):
        host = peer.host or lookups.host_of(peer.address, names)
        refusal = bofh.check_freemail(path, host, policy.freemail)
    if refusal is None and esmtp.check_sender_domain:
        refusal = bofh.check_domain(path, names, policy.bad_mx)
    return refusal


def judge_peer(access: Access, listing: Listing | None) -> Reply | None:
    """RCPT stage: why nothing is taken from this peer, or None.  Courier BLOCK."""
    if access.denied:
        return replies.PEER_DENIED
    if access.block is not None:
        return access.block
    return listing.refusal if listing is not None else None


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


@dataclass(frozen=True, slots=True)
class Asker:
    """Who names a recipient: by which way in, from where, and whether DNS lists know it."""

    source: Source
    address: str
    stranger: bool
    vouched: bool = False


async def judge_recipient(
    path: Path, resolution: Resolution, sender: Path, asker: Asker, settings: Snapshot
) -> Reply | None:
    """Why mail for this recipient is better not taken now, or None.

    Mail that would only come back; addresses on the suppression list; senders not met before.
    """
    policy = settings.policy
    await _refresh_memory()
    if asker.source in policy.suppress_backscatter:
        refusal = backscatter.judge_recipients([end.path for end in resolution.destinations])
        if refusal is not None:
            return refusal
    try:
        if asker.source is Source.AUTHSMTP and backscatter.memory.suppressing:
            return await threads.database.run(suppression.check, path)
        if asker.stranger and not asker.vouched and (policy.greylist or policy.first_time_wait):
            return await _introduce(path, sender, asker.address, policy)
    except DatabaseError as error:
        _log.error("directory.unreachable", error=str(error))
        return replies.TROUBLE
    return None


async def _introduce(path: Path, sender: Path, address: str, policy: Policy) -> Reply | None:
    """Greylisting, and the slower answer to who is new."""
    met = await threads.database.run(greylist.meet, address, sender, path, policy, time.time())
    if met:
        return None
    if policy.greylist:
        return greylist.come_again(policy)
    await asyncio.sleep(policy.first_time_wait)
    return None


async def _refresh_memory() -> None:
    """Twice a minute somebody reads what all others then know."""
    if backscatter.memory.is_stale:
        await threads.database.run(backscatter.memory.load)
