"""Which messages of the selected mailbox a command means."""

from array import array
from collections.abc import Sequence

from mailcore.imapd.commands.results import Partial
from mailcore.imapd.session import Session
from mailcore.mailbox.changes import View
from mailcore.mailbox.uid_ranges import ranges
from mailcore.protocol.imap import sequence_set
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.sequence_set import Range, SequenceSet

_NEAR = 50


def by_number(session: Session, arguments: Arguments) -> list[Range]:
    """Positions (from 0, end exclusive) given by sequence numbers, or by `$`."""
    if arguments.skip(b"$"):
        return saved(session.selected).positions(session.selected.uids)
    wanted = sequence_set.parse(arguments.sequence_text())
    return [(first - 1, last) for first, last in wanted.numbers(session.selected.count)]


def by_uid(session: Session, arguments: Arguments) -> list[Range]:
    """Positions given by UIDs; those that do not exist mean nothing."""
    return uid_set(session, arguments).positions(session.selected.uids)


def uid_set(session: Session, arguments: Arguments) -> SequenceSet:
    """UIDs as sent, or those that `$` stands for."""
    if arguments.skip(b"$"):
        return saved(session.selected)
    return sequence_set.parse(arguments.sequence_text())


def saved(view: View) -> SequenceSet:
    """The result of the last SEARCH that was to be kept.  RFC 5182."""
    return SequenceSet(tuple(ranges(view.saved)))


def uid_ranges(view: View, positions: Sequence[Range]) -> list[Range]:
    """UIDs of whole stretches: fit for one SQL condition each."""
    return [(view.uids[start], view.uids[end - 1]) for start, end in positions]


def uids(view: View, positions: Sequence[Range]) -> "array[int]":
    found = array("I")
    for start, end in positions:
        found.extend(view.uids[start:end])
    return found


def count(positions: Sequence[Range]) -> int:
    return sum(end - start for start, end in positions)


def stretch(positions: Sequence[Range], wanted: Partial) -> list[Range]:
    """That part of the positions, counted from the first or from the last of them.  RFC 9394."""
    total = count(positions)
    low, high = wanted.first - 1, wanted.last
    if wanted.backwards:
        low, high = total - wanted.last, total - wanted.first + 1
    found: list[Range] = []
    before = 0
    for start, end in positions:
        first, last = max(low - before, 0), min(high - before, end - start)
        if first < last:
            found.append((start + first, start + last))
        before += end - start
    return found


def chunks(positions: Sequence[Range], size: int) -> list[list[int]]:
    """Positions one by one in lists of at most `size`, no list spanning far more than it has."""
    found: list[list[int]] = []
    current: list[int] = []
    for start, end in positions:
        while start < end:
            near = not current or start - current[-1] <= _NEAR
            if len(current) >= size or not near:
                found.append(current)
                current = []
            taken = min(end, start + size - len(current))
            current.extend(range(start, taken))
            start = taken
    if current:
        found.append(current)
    return found
