"""MOVE and UID MOVE.  RFC 6851."""

from collections.abc import Coroutine

from mailcore.imapd.commands import chosen
from mailcore.imapd.commands.copy import copyuid, target_of, target_row
from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.transfer import move
from mailcore.mailbox.uid_ranges import ranges
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.sequence_set import Range


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    positions = chosen.by_number(session, arguments)
    return _move(session, tag, positions, target_of(arguments))


def run_uid(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    positions = chosen.by_uid(session, arguments)
    return _move(session, tag, positions, target_of(arguments))


async def _move(session: Session, tag: bytes, positions: list[Range], target: str) -> None:
    view = session.writable_view
    uids = chosen.uids(view, positions)

    def job(store: MailStore) -> tuple[list[tuple[int, int]], int]:
        to = target_row(store, target)
        row = store.row(view.name)
        if row.id != view.folder_id:
            raise MailboxMissing("Mailbox does not exist.")
        if row.id == to.id:
            raise No("CANNOT", "The messages are there already.")
        done = move(store.index, row, to, ranges(uids))
        if done:
            store.announce(store.maildir)
        return done, to.uidvalidity

    pairs, uidvalidity = await session.in_thread(job)
    if pairs:
        session.send(b"* OK [%b] Moved.\r\n" % copyuid(uidvalidity, pairs))
    session.complete_changed(tag, b"MOVE completed.")
