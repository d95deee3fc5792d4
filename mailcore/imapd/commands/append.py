"""APPEND: one message or several.  RFC 3501 §6.3.11.

RFC 3502 (MULTIAPPEND: all or none), RFC 3516 (binary), RFC 4314 §4 (rights), RFC 4315 (APPENDUID),
RFC 4469 (CATENATE), RFC 6855 (UTF8), RFC 7889 (APPENDLIMIT).  Into the outbox: it is sent.
"""

import time
from collections.abc import Coroutine, Sequence

from mailcore.errors import GrammarError
from mailcore.imapd import outbox, places
from mailcore.imapd.commands.catenation import Assembler
from mailcore.imapd.commands.copy import target_folder
from mailcore.imapd.refusal import Bad, No
from mailcore.imapd.session import Session
from mailcore.mailbox import flags
from mailcore.mailbox.addition import Addition
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


def additions(
    store: MailStore, session: Session, messages: Sequence[Appended], had: frozenset[str]
) -> list[Addition]:
    """The messages as they are to be kept, with the flags that the rights `had` allow.

    `store` is the session's own: CATENATE names messages there, wherever they are to go.
    """
    assembler = Assembler(store, session.view, session.rules.append_limit)
    return [_addition(one, assembler.whole(one), had) for one in messages]


def _addition(message: Appended, data: bytes, had: frozenset[str]) -> Addition:
    if message.binary:
        data = without_binary(data)
        if b"\0" in data:
            raise No("UNKNOWN-CTE", "There are NUL octets outside binary parts.")
    named = flags.permitted(message.flags, had)
    return Addition(data, named, message.date or int(time.time()))


async def _append(session: Session, tag: bytes, name: str, messages: Sequence[Appended]) -> None:
    place = await places.find(session, name)
    post = outbox.post(session, place, len(messages))

    def job(store: MailStore) -> tuple[int, list[int]]:
        folder, had = target_folder(store, place)
        with places.own(session, store) as own:
            found = additions(own, session, messages, had)
        first = post.sends(found) if post else None
        uids = folder.append_all(found, quota=place.quota, first=first)
        return folder.row_now().uidvalidity, uids

    uidvalidity, uids = await places.run(session, place, job, outbox.where(post))
    made = sequence_set.format(uids)
    session.complete(tag, b"[APPENDUID %d %b] APPEND completed." % (uidvalidity, made))


def check_room(session: Session, verb: bytes, arguments: Arguments, size: int) -> None:
    """Refuse a message that would break the account's own quota before it is sent."""
    try:
        name = _target_name(verb, arguments)
    except GrammarError:
        return  # the name itself is the literal; or it is judged with the rest
    if not places.reach(session).is_own(name):
        return
    quota = session.quota
    if not quota.is_limited:
        return
    with session.store() as store:
        usage = store.quota(quota)
    if (quota.octets and usage.octets + size > quota.octets) or (
        quota.messages and usage.messages + 1 > quota.messages
    ):
        raise No("OVERQUOTA", "You exceeded your mail quota.")


def _target_name(verb: bytes, arguments: Arguments) -> str:
    arguments.space()
    if verb == b"REPLACE":
        arguments.sequence_text()
        arguments.space()
    return arguments.mailbox()
