"""GETQUOTA, GETQUOTAROOT, SETQUOTA: one root for the whole account.  RFC 9208, RFC 2087."""

from collections.abc import Coroutine

from mailcore.imapd import places
from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.mailbox import rights
from mailcore.mailbox.store import MailStore, QuotaUsage
from mailcore.protocol.imap import responses
from mailcore.protocol.imap.lexer import Arguments

_ROOT = b'"ROOT"'


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    root = arguments.astring()
    arguments.end()
    if root != b"ROOT":
        raise No("NONEXISTENT", "No such quota root.")
    return _tell(session, tag, b"", b"GETQUOTA completed.")


def run_root(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    name = arguments.mailbox()
    arguments.end()
    return _root(session, tag, name)


async def _root(session: Session, tag: bytes, name: str) -> None:
    """A folder of somebody else's counts for its owner, whose quota is nobody's business."""
    place = await places.find(session, name)
    await places.run(session, place, lambda store: places.require(store, place, rights.READ))
    encoded = responses.mailbox(place.shown, utf8=session.utf8)
    if not place.is_own:
        session.send(b"* QUOTAROOT %b\r\n" % encoded)
        session.complete(tag, b"GETQUOTAROOT completed.")
        return
    line = b"* QUOTAROOT %b %b\r\n" % (encoded, _ROOT)
    await _tell(session, tag, line, b"GETQUOTAROOT completed.")


def run_set(session: Session, tag: bytes, arguments: Arguments) -> None:
    raise No("NOPERM", "Quotas are set by the administrator.")


async def _tell(session: Session, tag: bytes, before: bytes, text: bytes) -> None:
    limit = session.quota

    def job(store: MailStore) -> QuotaUsage:
        return store.quota(limit)

    usage = await session.in_thread(job)
    resources = []
    if limit.octets:
        used = -(-usage.octets // 1024)
        resources.append(b"STORAGE %d %d" % (used, -(-limit.octets // 1024)))
    if limit.messages:
        resources.append(b"MESSAGE %d %d" % (usage.messages, limit.messages))
    session.send(before + b"* QUOTA %b (%b)\r\n" % (_ROOT, b" ".join(resources)))
    session.complete(tag, text)
