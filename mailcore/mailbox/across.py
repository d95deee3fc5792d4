"""Messages from one account's mailbox into another's: each is written anew, and counts there."""

from collections.abc import Sequence

from mailcore.mailbox import flags, transfer
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.uid_ranges import ranges
from mailcore.maildir.quota import Quota


def copy(
    source: Folder, target: Folder, uids: Sequence[int], *, had: frozenset[str], quota: Quota
) -> list[tuple[int, int]]:
    """Copy messages; (old UID, new UID) pairs in order.  All or none.

    Of the flags those come along that the rights `had` in the target allow to set.  `quota` is
    the target's.  Raises QuotaExceeded; StoreError when a message has gone.
    """
    found = transfer.rows_in(source.index, source.id, ranges(uids))
    pairs: list[tuple[int, int]] = []
    try:
        for uid, *_ in found:
            row = source.row(uid)
            if row is None:
                continue
            named = flags.permitted(row.flags, had)
            pairs.append(
                (uid, target.append(source.read(uid), named, row.internal_date, quota=quota))
            )
    except BaseException:
        target.expunge([new for _, new in pairs], for_good=True)
        raise
    return pairs


def move(
    source: Folder, target: Folder, uids: Sequence[int], *, had: frozenset[str], quota: Quota
) -> list[tuple[int, int]]:
    """Move messages: they are all in the target before any leaves the source."""
    pairs = copy(source, target, uids, had=had, quota=quota)
    source.expunge([old for old, _ in pairs], for_good=True)
    return pairs
