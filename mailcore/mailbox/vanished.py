"""Which messages of a client's memory are gone: what QRESYNC answers.  RFC 7162 §3.2."""

from collections.abc import Iterator, Sequence

from mailcore.mailbox.folder import Folder
from mailcore.mailbox.index import folder_rows
from mailcore.mailbox.uid_ranges import ranges

Range = tuple[int, int]


def since(
    folder: Folder, modseq: int, known: Sequence[Range], uids: Sequence[int], *, sure: int = 0
) -> list[Range]:
    """UIDs among `known` that vanished after `modseq`, as ascending inclusive ranges.

    `uids` are those there are now.  When expunges so old have been forgotten, every UID that
    could have been and is not counts as vanished, as §3.2.5.2 allows; up to `sure` the client is
    known to have the same messages as we.
    """
    if folder_rows.knows_expunges_since(folder.index, folder.id, modseq):
        rows = folder.index.execute(
            "SELECT uid FROM expunged WHERE folder = ? AND modseq > ?", (folder.id, modseq)
        )
        gone = ranges(uid for (uid,) in rows)
    else:
        last = folder.row_now().uidnext - 1
        gone = list(_gaps(uids, last))
    return list(_both([(max(first, sure + 1), last) for first, last in gone], known))


def agreed(pairs: Sequence[tuple[int, int]], uids: Sequence[int]) -> int:
    """The largest UID up to which the client has the same messages as we; 0 for none.

    `pairs` are (sequence number, UID) as the client remembers them.  Where the two still go
    together nothing before has vanished, because messages only ever go.  RFC 7162 §3.2.5.2.
    """
    fitting = (uid for number, uid in pairs if number <= len(uids) and uids[number - 1] == uid)
    return max(fitting, default=0)


def _gaps(uids: Sequence[int], last: int) -> Iterator[Range]:
    """What is missing between 1 and `last`."""
    expected = 1
    for uid in uids:
        if uid > expected:
            yield expected, uid - 1
        expected = uid + 1
    if expected <= last:
        yield expected, last


def _both(left: Sequence[Range], right: Sequence[Range]) -> Iterator[Range]:
    """What ascending ranges have in common."""
    at = 0
    for first, last in left:
        while at < len(right) and right[at][1] < first:
            at += 1
        other = at
        while other < len(right) and right[other][0] <= last:
            low, high = max(first, right[other][0]), min(last, right[other][1])
            if low <= high:
                yield low, high
            other += 1
