"""APPEND.  RFC 3501 §6.3.11, RFC 4315 (APPENDUID), RFC 7889 (APPENDLIMIT)."""

from collections.abc import Coroutine

from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.mailbox import flags
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    name = arguments.mailbox()
    arguments.space()
    named: list[str] = []
    if arguments.peek() == b"(":
        named = arguments.flags()
        arguments.space()
    date = 0
    if arguments.peek() == b'"':
        date = arguments.date_time()
        arguments.space()
    message = arguments.literal()
    arguments.end()
    flags.parse(named)
    if b"\0" in message:
        raise No("UNKNOWN-CTE", "The message has NUL octets.")
    return _append(session, tag, name, named, date, message)


async def _append(
    session: Session, tag: bytes, name: str, named: list[str], date: int, message: bytes
) -> None:
    quota = session.quota

    def job(store: MailStore) -> tuple[int, int]:
        try:
            folder = store.folder(name)
        except MailboxMissing:
            raise No("TRYCREATE", "Mailbox does not exist.") from None
        uid = folder.append(message, named, date, quota=quota)
        return folder.row_now().uidvalidity, uid

    uidvalidity, uid = await session.in_thread(job)
    session.complete(tag, b"[APPENDUID %d %d] APPEND completed." % (uidvalidity, uid))


def check_room(session: Session, size: int) -> None:
    """Refuse a message that would break the quota before it is sent."""
    quota = session.quota
    if not quota.is_limited:
        return
    with session.store() as store:
        usage = store.quota(quota)
    if (quota.octets and usage.octets + size > quota.octets) or (
        quota.messages and usage.messages + 1 > quota.messages
    ):
        raise No("OVERQUOTA", "You exceeded your mail quota.")
