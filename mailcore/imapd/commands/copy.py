"""COPY and UID COPY.  RFC 3501 §6.4.7, RFC 4315, RFC 4314 §4."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager

from mailcore.imapd import outbox, places
from mailcore.imapd.commands import chosen
from mailcore.imapd.outbox import Post
from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session, folder_of
from mailcore.mailbox import across, flags, rights, transfer
from mailcore.mailbox.changes import View
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.index.message_rows import Ranges
from mailcore.mailbox.places import Place
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.stores import Stores
from mailcore.mailbox.uid_ranges import ranges
from mailcore.protocol.imap import sequence_set
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.sequence_set import Range

Pairs = list[tuple[int, int]]
Job = Callable[[Folder, Folder, Place, frozenset[str], Post | None], Pairs]


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

    def job(
        source: Folder, to: Folder, place: Place, had: frozenset[str], post: Post | None
    ) -> Pairs:
        if post is not None:
            return post.copy(source, to, uids, had, place)
        if source.index is not to.index:
            return across.copy(source, to, uids, had=had, quota=place.quota)
        pairs = transfer.copy(
            source.index, source.row_now(), to.row_now(), ranges(uids), place.quota
        )
        drop_flags(to, pairs, had)
        return pairs

    pairs, uidvalidity = await carried(session, view, uids, target, job)
    text = b"COPY completed."
    if pairs:
        text = b"[%b] COPY completed." % copyuid(uidvalidity, pairs)
    session.complete(tag, text, expunges=uid)


async def carried(
    session: Session,
    view: View,
    uids: Sequence[int],
    name: str,
    job: Job,
) -> tuple[Pairs, int]:
    """What `job(source, target, place, rights, post)` did, and the target's UIDVALIDITY.

    Whoever has no right to insert there is refused before.  `post` is for the outbox.
    """
    place = await places.find(session, name)
    post = outbox.post(session, place, len(uids))
    stores = session.context.stores

    def borrowed() -> tuple[Pairs, int]:
        with stores.borrow(view.place.maildir) as store:
            source = folder_of(store, view)
            with _second(stores, store, place) as other:
                to, had = target_folder(other, place)
                pairs = job(source, to, place, had, post)
                if pairs:
                    for changed in {store.maildir, other.maildir}:
                        store.announce(changed)
                return pairs, to.row_now().uidvalidity

    return await outbox.where(post)(borrowed)


@contextmanager
def _second(stores: Stores, first: MailStore, place: Place) -> Iterator[MailStore]:
    """The target's store, which may be the source's."""
    if first.maildir == place.maildir:
        yield first
        return
    with stores.borrow(place.maildir) as second:
        yield second


def target_folder(store: MailStore, place: Place) -> tuple[Folder, frozenset[str]]:
    """The folder to insert into; when there is none the client is told that it may create it."""
    try:
        had = places.require(store, place, rights.INSERT)
        return store.folder(place.name), had
    except MailboxMissing:
        raise No("TRYCREATE", "Mailbox does not exist.") from None


def drop_flags(target: Folder, pairs: Pairs, had: frozenset[str]) -> None:
    """Take off copies the flags that may not be set in the target.  RFC 4314 §4."""
    bits, words = flags.changeable(had)
    if had >= rights.ALL or not pairs:
        return
    new: Ranges = ranges(uid for _, uid in pairs)
    target.store(
        new,
        remove=sum(flags.SYSTEM.values()) & ~bits,
        remove_keywords=frozenset() if words else None,
    )


def copyuid(uidvalidity: int, pairs: Sequence[tuple[int, int]]) -> bytes:
    """`COPYUID v 1:3 7:9`."""
    before = sequence_set.format([old for old, _ in pairs])
    after = sequence_set.format([new for _, new in pairs])
    return b"COPYUID %d %b %b" % (uidvalidity, before, after)
