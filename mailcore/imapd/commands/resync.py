"""Quick resynchronisation: SELECT (QRESYNC …) and VANISHED (EARLIER).  RFC 7162 §3.2."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.imapd.commands import chosen
from mailcore.mailbox import fetch, vanished
from mailcore.mailbox.changes import View
from mailcore.mailbox.folder import Folder
from mailcore.protocol.imap import sequence_set
from mailcore.protocol.imap.fetch_items import Simple
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.sequence_set import STAR, Range, SequenceSet

_LARGEST_MODSEQ = (1 << 63) - 1
_MOST_PAIRS = 20_000
_ALL = SequenceSet(((1, STAR),))
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Memory:
    """What a client says it knows of the mailbox: its UIDs, and which number some of them had."""

    uidvalidity: int
    modseq: int
    known: SequenceSet = _ALL
    pairs: tuple[tuple[int, int], ...] = ()


def memory(arguments: Arguments) -> Memory:
    """`(uidvalidity modseq [known-uids] [(numbers uids)])`"""
    arguments.open()
    uidvalidity = arguments.number()
    arguments.space()
    modseq = arguments.number(_LARGEST_MODSEQ)
    known: SequenceSet = _ALL
    pairs: tuple[tuple[int, int], ...] = ()
    if arguments.skip(b" "):
        if arguments.peek() != b"(":
            known = _no_star(arguments)
            arguments.skip(b" ")
        if arguments.peek() == b"(":
            pairs = _pairs(arguments)
    arguments.close()
    if not modseq or not uidvalidity:
        raise arguments.fail("Zero is no mod-sequence and no UIDVALIDITY.")
    return Memory(uidvalidity, modseq, known, pairs)


def _pairs(arguments: Arguments) -> tuple[tuple[int, int], ...]:
    arguments.open()
    numbers = _spelled(_no_star(arguments))
    arguments.space()
    uids = _spelled(_no_star(arguments))
    arguments.close()
    if len(numbers) != len(uids):
        raise arguments.fail("The two sets differ in length.")
    return tuple(zip(numbers, uids, strict=True))


def _no_star(arguments: Arguments) -> SequenceSet:
    found = sequence_set.parse(arguments.sequence_text())
    if any(STAR in pair for pair in found.pairs):
        raise arguments.fail("No * here.")
    return found


def _spelled(numbers: SequenceSet) -> list[int]:
    """One by one, the last of them if they are very many: only those can matter."""
    found: list[int] = []
    for first, last in reversed(numbers.ranges(0)):
        found += range(last, max(first - 1, last - _MOST_PAIRS + len(found)), -1)
        if len(found) >= _MOST_PAIRS:
            break
    return found


def changes(folder: Folder, view: View, client: Memory, *, uidonly: bool) -> bytes:
    """VANISHED (EARLIER) and FETCH lines that bring a client up to date with `view`.

    Nothing when its UIDVALIDITY is another: then it has to forget everything anyway.
    """
    if client.uidvalidity != view.uidvalidity:
        return b""
    sure = vanished.agreed(client.pairs, view.uids)
    lines = [earlier(folder, view, client.modseq, client.known, sure=sure)]
    plan = fetch.plan([Simple(b"FLAGS")], uid=True, modseq=True, uidonly=uidonly)
    positions = client.known.positions(view.uids)
    for chunk in chosen.chunks(positions, _CHUNK):
        uids = [view.uids[at] for at in chunk]
        lines += fetch.lines(
            folder, plan, [at + 1 for at in chunk], uids,
            recent_from=view.recent_from, changed_since=client.modseq,
        )  # fmt: skip
    return b"".join(lines)


def earlier(folder: Folder, view: View, modseq: int, known: SequenceSet, *, sure: int = 0) -> bytes:
    """The VANISHED (EARLIER) line, or nothing."""
    last = folder.row_now().uidnext - 1
    wanted: Sequence[Range] = known.ranges(last)
    gone = vanished.since(folder, modseq, wanted, view.uids, sure=sure)
    return b"* VANISHED (EARLIER) %b\r\n" % sequence_set.format_ranges(gone) if gone else b""
