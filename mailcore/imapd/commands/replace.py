"""REPLACE and UID REPLACE: a message in the place of another.  RFC 8508, RFC 4314 §4."""

from collections.abc import Coroutine

from mailcore.imapd import outbox, places
from mailcore.imapd.commands import append, chosen
from mailcore.imapd.commands.copy import target_folder
from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session, folder_of
from mailcore.mailbox import rights
from mailcore.mailbox.addition import Replaced
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap import append_data
from mailcore.protocol.imap.append_data import Appended
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.sequence_set import Range


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    return _begin(session, tag, arguments, chosen.by_number(session, arguments))


def run_uid(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    return _begin(session, tag, arguments, chosen.by_uid(session, arguments))


def _begin(
    session: Session, tag: bytes, arguments: Arguments, positions: list[Range]
) -> Coroutine[object, object, None]:
    view = session.writable_view
    arguments.space()
    name = arguments.mailbox()
    arguments.space()
    message = append_data.message(arguments)
    arguments.end()
    append.check(session, message)
    if chosen.count(positions) != 1:
        raise No("NONEXISTENT", "There is no such message, or more than one.")
    return _replace(session, tag, view.uids[positions[0][0]], name, message)


async def _replace(session: Session, tag: bytes, uid: int, name: str, message: Appended) -> None:
    view = session.selected
    place = await places.find(session, name)
    if place.maildir != view.place.maildir:
        raise No("CANNOT", "A message can only be replaced within its account.")

    post = outbox.post(session, place, 1)

    def job(store: MailStore) -> tuple[int, int]:
        source = folder_of(store, view)
        places.require_here(source, view, rights.DELETE + rights.EXPUNGE)
        if source.row(uid) is None:
            raise No("EXPUNGEISSUED", "The message is gone.")
        folder, had = target_folder(store, place)
        with places.own(session, store) as own:
            found = append.additions(own, session, [message], had)
        replaced = Replaced(source.row_now(), uid, kept=store.keeps())
        first = post.sends(found) if post else None
        [made] = folder.append_all(found, quota=place.quota, replaced=replaced, first=first)
        return folder.row_now().uidvalidity, made

    uidvalidity, made = await places.run(session, place, job, outbox.where(post))
    session.send(b"* OK [APPENDUID %d %d] Replaced.\r\n" % (uidvalidity, made))
    session.complete_changed(tag, b"REPLACE completed.")
