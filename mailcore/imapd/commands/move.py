"""MOVE and UID MOVE.  RFC 6851, RFC 4314 §4."""

from collections.abc import Coroutine

from mailcore.imapd import places
from mailcore.imapd.commands import chosen
from mailcore.imapd.commands.copy import Pairs, carried, copyuid, drop_flags, target_of
from mailcore.imapd.outbox import Post
from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.mailbox import across, rights, transfer
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.places import Place
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

    def job(
        source: Folder, to: Folder, place: Place, had: frozenset[str], post: Post | None
    ) -> Pairs:
        places.require_here(source, view, rights.DELETE + rights.EXPUNGE)
        if source.index is to.index and source.id == to.id:
            raise No("CANNOT", "The messages are there already.")
        if post is not None:
            sent = post.copy(source, to, uids, had, place)
            source.expunge(uids, for_good=True)
            return sent
        if source.index is not to.index:
            return across.move(source, to, uids, had=had, quota=place.quota)
        pairs = transfer.move(source.index, source.row_now(), to.row_now(), ranges(uids))
        drop_flags(to, pairs, had)
        return pairs

    pairs, uidvalidity = await carried(session, view, uids, target, job)
    if pairs:
        session.send(b"* OK [%b] Moved.\r\n" % copyuid(uidvalidity, pairs))
    session.complete_changed(tag, b"MOVE completed.")
