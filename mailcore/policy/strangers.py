"""Checks of strangers' messages once the content is there: SPF of From, vouchers, spam traps."""

from mailcore import status
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path
from mailcore.message import address_list, header
from mailcore.policy import bofh, lookups, spf, spf_fields
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Verdict
from mailcore.policy.spf import SpfResult, SpfVerdict
from mailcore.protocol.reply import Reply
from mailcore.routing import router

SPAM = Reply(550, status.RELAY_DENIED, "Spam refused.")
_MOST_AUTHORS = 3  # each is a whole SPF check

# SPF.


def spf_wanted(settings: Snapshot, peer: Peer) -> bool:
    """Whether any SPF check is on for this peer."""
    if peer.trusted:
        return False
    esmtp = settings.esmtp
    return any(
        map(bofh.is_checked, (esmtp.spf_helo, esmtp.spf_mail_from, settings.policy.spf_from))
    )


def check_spf(received: Received) -> Verdict:
    """Judge the From header, and write down what SPF said of all identities.

    Received-SPF fields that came along are hearsay, and renamed.
    """
    settings, peer = received.settings, received.peer
    verdicts = list(received.spf)
    refusal: Reply | None = None
    if bofh.is_checked(settings.policy.spf_from) and not _is_excused(received):
        for verdict in _of_authors(received):
            verdicts.append(verdict)
            refusal = refusal or bofh.judge_spf(
                verdict,
                settings.policy.spf_from,
                settings.esmtp.spf_hard_errors,
                vouched=bool(peer.vouches),
                verbose=settings.policy.spf_verbose,
            )
    fields = b"".join(
        spf_fields.received_spf(
            verdict,
            peer=peer.address,
            host=peer.host,
            helo=peer.helo,
            sender=str(received.reverse_path),
            receiver=settings.me,
        )
        for verdict in verdicts
    )
    results = tuple(filter(None, map(spf_fields.result, verdicts)))
    return Verdict(
        refusal=refusal, fields=fields, results=results, renamed=frozenset({b"received-spf"})
    )


def _is_excused(received: Received) -> bool:
    """The envelope sender passed, and that is enough.  Courier mailfromok."""
    return "mailfromok" in received.settings.policy.spf_from and any(
        one.identity == "mailfrom" and one.result is SpfResult.PASS for one in received.spf
    )


def _of_authors(received: Received) -> list[SpfVerdict]:
    """SPF of each author's address; one author in each domain speaks for the others."""
    found: dict[str, SpfVerdict] = {}
    block, _ = header.split(received.content.head)
    authors = [
        mailbox
        for field in header.fields(block)
        if field.name == b"from"
        for mailbox in address_list.mailboxes(field.value)
    ]
    for author in authors:
        domain = author.domain.lower()
        if not domain or domain in found or len(found) >= _MOST_AUTHORS:
            continue
        address = str(Path(author.local, domain))
        verdict = spf.check(
            received.peer.address,
            address,
            received.peer.helo,
            resolver=lookups.names(received.settings),
            receiver=received.settings.me,
        )
        found[domain] = SpfVerdict(verdict.result, verdict.explanation, "from", address)
    return list(found.values())


# DNS lists that vouch.


def vouches_wanted(settings: Snapshot, peer: Peer) -> bool:
    """Whether there is a voucher to write down, or a foreign one to rename."""
    return bool(peer.vouches) or (settings.policy.allow_exclusive and not peer.trusted)


def tell_vouches(received: Received) -> Verdict:
    """A clause for each list that knows the peer for a good one.  RFC 8904."""
    renamed = frozenset[bytes]()
    if received.settings.policy.allow_exclusive:
        renamed = frozenset({b"authentication-results"})
    return Verdict(results=tuple(one.result for one in received.peer.vouches), renamed=renamed)


# Spam traps.


def traps_wanted(settings: Snapshot, peer: Peer) -> bool:
    return bool(settings.policy.spam_traps) and not peer.trusted


def check_traps(received: Received) -> Verdict:
    """Refuse a message that leads to a trap, whoever else it is for.  Courier spamtrap.

    Traps are compared to where mail goes in the end, aliases expanded.
    """
    traps = {trap.lower() for trap in received.settings.policy.spam_traps}
    for path in received.recipients:
        ends = [path, *(goal.path for goal in router.resolve(path).destinations)]
        if any(end.key in traps for end in ends):
            return Verdict(refusal=SPAM)
    return NO_OBJECTION
