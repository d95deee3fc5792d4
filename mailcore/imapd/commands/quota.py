"""GETQUOTA, GETQUOTAROOT, SETQUOTA: one root for the whole account.  RFC 9208, RFC 2087."""

from collections.abc import Coroutine

from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
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
    with session.store() as store:
        spelled = store.row(name).name
    encoded = responses.mailbox(spelled, utf8=session.utf8)
    line = b"* QUOTAROOT %b %b\r\n" % (encoded, _ROOT)
    return _tell(session, tag, line, b"GETQUOTAROOT completed.")


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
