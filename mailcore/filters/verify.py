"""Is there somebody to answer?  The sender's address is asked after at its domain.

Costs others a connection, so it is off unless wanted, what was found is remembered, and few ask at
once.  Courier verifyfilter.
"""

import threading
from dataclasses import replace

from mailcore import log, status
from mailcore.bus import counters
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path
from mailcore.filters.callout import Caller, Finding
from mailcore.policy import lookups
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Verdict
from mailcore.protocol.reply import Reply
from mailcore.routing import router

REMEMBERED = 2.5 * 3_600  # seconds; Courier: two to three hours
_MOST_AT_ONCE = 4
_SECONDS = 30.0

CALLER = Caller("", _SECONDS)
_calling = threading.BoundedSemaphore(_MOST_AT_ONCE)
_log = log.get("policy")


def wanted(settings: Snapshot, peer: Peer) -> bool:
    return settings.filters.verify_senders != "off" and not peer.trusted


def check(received: Received) -> Verdict:
    """Refuse, put off or take a message by its reverse-path.

    The null path, our own addresses and those that need SMTPUTF8 are not asked after.  Raises
    TemporaryFailure when the directory does not answer.
    """
    path = received.reverse_path
    if path.is_null or not str(path).isascii() or _is_ours(path):
        return NO_OBJECTION
    if received.settings.filters.verify_senders == "base":
        path = replace(path, local=_base(path.local, received.settings))
    finding, words = _found(path, received.settings)
    if finding is Finding.GOOD:
        return NO_OBJECTION
    _log.info("sender.unverified", reverse_path=str(path), finding=finding.value, words=words)
    bad = finding is Finding.BAD
    kind = status.BAD_SENDER_SYSTEM if bad else status.BAD_SENDER_SYSTEM.as_temporary()
    text = f"<{path}> can't be answered: {words}" if words else f"<{path}> can't be answered."
    return Verdict(refusal=Reply(530 if bad else 430, kind, text))


def _found(path: Path, settings: Snapshot) -> tuple[Finding, str]:
    """What is known of an address, or is asked for now."""
    keys = {one: f"sender:{one.value}:{path}" for one in (Finding.GOOD, Finding.BAD)}
    good, bad = counters.read(*keys.values())
    if good or bad:
        return (Finding.GOOD if good else Finding.BAD), ""
    if not _calling.acquire(blocking=False):
        return Finding.UNKNOWN, "too many addresses are asked after just now"
    try:
        finding, words = replace(CALLER, me=settings.me).ask(path, lookups.names(settings))
    finally:
        _calling.release()
    if finding in keys:
        counters.add(keys[finding], int(REMEMBERED))
    return finding, words


def _is_ours(path: Path) -> bool:
    return router.resolve(path).local


def _base(local: str, settings: Snapshot) -> str:
    """The local part without its extension, which may be made for one message only."""
    ends = [local.find(mark) for mark in {"-", *settings.queue.extension_separators}]
    end = min((at for at in ends if at > 0), default=len(local))
    return local[:end]
