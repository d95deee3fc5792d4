"""COPY and UID COPY.  RFC 3501 §6.4.7, RFC 4315."""

from collections.abc import Coroutine, Sequence

from mailcore.imapd.commands import chosen
from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.mailbox.index.folder_rows import FolderRow
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.transfer import copy
from mailcore.mailbox.uid_ranges import ranges
from mailcore.protocol.imap import sequence_set
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.sequence_set import Range


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    positions = chosen.by_number(session, arguments)
    return _copy(session, tag, positions, target_of(arguments), uid=False)


def run_uid(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    positions = chosen.by_uid(session, arguments)
    return _copy(session, tag, positions, target_of(arguments), uid=True)


def target_of(arguments: Arguments) -> str:
    arguments.space()
    name = arguments.mailbox()
    arguments.end()
    return name


async def _copy(
    session: Session, tag: bytes, positions: list[Range], target: str, *, uid: bool
) -> None:
    view = session.selected
    uids = chosen.uids(view, positions)
    quota = session.quota

    def job(store: MailStore) -> tuple[list[tuple[int, int]], int]:
        to = target_row(store, target)
        row = store.row(view.name)
        if row.id != view.folder_id:
            raise MailboxMissing("Mailbox does not exist.")
        done = copy(store.index, row, to, ranges(uids), quota)
        if done:
            store.announce(store.maildir)
        return done, to.uidvalidity

    pairs, uidvalidity = await session.in_thread(job)
    text = b"COPY completed."
    if pairs:
        text = b"[%b] COPY completed." % copyuid(uidvalidity, pairs)
    session.complete(tag, text, expunges=uid)


def target_row(store: MailStore, name: str) -> FolderRow:
    """The target's row; when there is none the client is told that it may create it."""
    try:
        return store.row(name)
    except MailboxMissing:
        raise No("TRYCREATE", "Mailbox does not exist.") from None


def copyuid(uidvalidity: int, pairs: Sequence[tuple[int, int]]) -> bytes:
    """`COPYUID v 1:3 7:9`."""
    before = sequence_set.format([old for old, _ in pairs])
    after = sequence_set.format([new for _, new in pairs])
    return b"COPYUID %d %b %b" % (uidvalidity, before, after)
