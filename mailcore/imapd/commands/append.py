"""APPEND: one message or several.  RFC 3501 §6.3.11.

RFC 3502 (MULTIAPPEND: all or none), RFC 3516 (binary), RFC 4315 (APPENDUID), RFC 4469 (CATENATE),
RFC 6855 (UTF8), RFC 7889 (APPENDLIMIT).
"""

import time
from collections.abc import Coroutine, Sequence

from mailcore.imapd.commands.catenation import Assembler
from mailcore.imapd.refusal import Bad, No
from mailcore.imapd.session import Session
from mailcore.mailbox import flags
from mailcore.mailbox.addition import Addition
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.store import MailStore
from mailcore.message.binary import without_binary
from mailcore.protocol.imap import append_data, sequence_set
from mailcore.protocol.imap.append_data import Appended
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    name = arguments.mailbox()
    arguments.space()
    messages = append_data.messages(arguments)
    if len(messages) > 1 and not session.offers("MULTIAPPEND"):
        raise Bad("One message at a time.")
    for message in messages:
        check(session, message)
    return _append(session, tag, name, messages)


def check(session: Session, message: Appended) -> None:
    """Refuse at once what cannot be appended."""
    flags.parse(message.flags)
    if message.utf8 and not session.utf8:
        raise Bad("UTF8 needs ENABLE UTF8=ACCEPT.")
    if message.needs_others and not session.offers("CATENATE"):
        raise Bad("CATENATE is not offered.")
    if not message.binary and any(b"\0" in one for one in message.pieces if isinstance(one, bytes)):
        raise No("UNKNOWN-CTE", "The message has NUL octets.")
    if not any(message.pieces):
        raise No("CANNOT", "There is no message.")


def additions(store: MailStore, session: Session, messages: Sequence[Appended]) -> list[Addition]:
    """The messages as they are to be kept."""
    assembler = Assembler(store, session.view, session.rules.append_limit)
    return [_addition(one, assembler.whole(one)) for one in messages]


def _addition(message: Appended, data: bytes) -> Addition:
    if message.binary:
        data = without_binary(data)
        if b"\0" in data:
            raise No("UNKNOWN-CTE", "There are NUL octets outside binary parts.")
    return Addition(data, message.flags, message.date or int(time.time()))


def target(store: MailStore, name: str) -> Folder:
    """The folder; when there is none the client is told that it may create it."""
    try:
        return store.folder(name)
    except MailboxMissing:
        raise No("TRYCREATE", "Mailbox does not exist.") from None


async def _append(session: Session, tag: bytes, name: str, messages: Sequence[Appended]) -> None:
    quota = session.quota

    def job(store: MailStore) -> tuple[int, list[int]]:
        folder = target(store, name)
        uids = folder.append_all(additions(store, session, messages), quota=quota)
        return folder.row_now().uidvalidity, uids

    uidvalidity, uids = await session.in_thread(job)
    made = sequence_set.format(uids)
    session.complete(tag, b"[APPENDUID %d %b] APPEND completed." % (uidvalidity, made))


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
