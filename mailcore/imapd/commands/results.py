"""What a SEARCH or SORT is to return, and its ESEARCH line.

RFC 4731 (MIN MAX ALL COUNT), RFC 5182 (SAVE), RFC 5267 (the same for SORT), RFC 6203 (RELEVANCY),
RFC 9394 (PARTIAL).
"""

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailcore.protocol.imap import sequence_set
from mailcore.protocol.imap.lexer import Arguments

_PLAIN = frozenset((b"MIN", b"MAX", b"ALL", b"COUNT", b"SAVE", b"RELEVANCY"))
_PARTIAL = re.compile(rb"(-?)([1-9]\d{0,9}):(-?)([1-9]\d{0,9})")


@dataclass(frozen=True, slots=True)
class Partial:
    """`1:100`, or from the end `-1:-100`; positions among the results, from 1."""

    first: int
    last: int
    backwards: bool

    def of(self, numbers: Sequence[int]) -> Sequence[int]:
        """That stretch of the results, always in their own order."""
        if self.backwards:
            end = len(numbers) - self.first + 1
            return numbers[max(len(numbers) - self.last, 0) : max(end, 0)]
        return numbers[self.first - 1 : self.last]

    def __bytes__(self) -> bytes:
        sign = b"-" if self.backwards else b""
        return b"%b%d:%b%d" % (sign, self.first, sign, self.last)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options between RETURN's parentheses."""

    names: frozenset[bytes]
    partial: Partial | None = None

    @property
    def saves(self) -> bool:
        return b"SAVE" in self.names

    @property
    def answers(self) -> bool:
        """Whether there is anything to say: SAVE alone is silent."""
        return bool(self.names - {b"SAVE"}) or self.partial is not None


EVERYTHING = Wanted(frozenset((b"ALL",)))


@dataclass(frozen=True, slots=True)
class Found:
    """Results in the order in which they are to be told: UIDs, and how the client calls them.

    `scores` by UID, `highest` the mod-sequence to be told, or 0.
    """

    uids: Sequence[int]
    shown: Sequence[int]
    highest: int = 0
    scores: Mapping[int, int] = field(default_factory=dict)


def wanted(arguments: Arguments) -> Wanted | None:
    """`RETURN (MIN MAX)` and the space behind it; None when it is not there."""
    if arguments.data[arguments.at : arguments.at + 8].upper() != b"RETURN (":
        return None
    arguments.at += 7
    arguments.open()
    names: set[bytes] = set()
    stretch: Partial | None = None
    while not arguments.skip(b")"):
        if names or stretch:
            arguments.space()
        name = arguments.keyword()
        if name == b"PARTIAL" and stretch is None:
            arguments.space()
            stretch = partial(arguments)
        elif name in _PLAIN:
            names.add(name)
        else:
            raise arguments.fail("Unknown result option.")
    arguments.depth -= 1
    arguments.space()
    if stretch and b"ALL" in names:
        raise arguments.fail("PARTIAL and ALL exclude each other.")
    if not names and not stretch:
        return EVERYTHING
    return Wanted(frozenset(names), stretch)


def partial(arguments: Arguments) -> Partial:
    """`1:100` or `-1:-100`."""
    found = _PARTIAL.match(arguments.data, arguments.at)
    if found is None or found[1] != found[3]:
        raise arguments.fail("Malformed range.")
    arguments.at = found.end()
    low, high = sorted((int(found[2]), int(found[4])))
    return Partial(low, high, bool(found[1]))


def line(correlator: bytes, found: Found, options: Wanted, *, uid: bool) -> bytes:
    """The ESEARCH response; `correlator` is what stands in its first parentheses."""
    shown, names = found.shown, options.names
    pieces = [b"* ESEARCH (" + correlator + b")"]
    if uid:
        pieces.append(b"UID")
    if shown:
        if b"MIN" in names:
            pieces.append(b"MIN %d" % shown[0])
        if b"MAX" in names:
            pieces.append(b"MAX %d" % shown[-1])
        if b"ALL" in names:
            pieces.append(b"ALL " + sequence_set.format(shown))
    if options.partial is not None:
        stretch = sequence_set.format(options.partial.of(shown)) or b"NIL"
        pieces.append(b"PARTIAL (%b %b)" % (bytes(options.partial), stretch))
    if b"COUNT" in names:
        pieces.append(b"COUNT %d" % len(shown))
    if b"RELEVANCY" in names and shown:
        chosen = found.uids if options.partial is None else options.partial.of(found.uids)
        scores = " ".join(str(found.scores.get(uid, 100)) for uid in chosen)
        pieces.append(b"RELEVANCY (" + scores.encode() + b")")
    if found.highest:
        pieces.append(b"MODSEQ %d" % found.highest)
    return b" ".join(pieces) + b"\r\n"


def saved(found: Found, options: Wanted) -> "array[int]":
    """What `$` means from now on: with only MIN or MAX just those.  RFC 5182 §2.4."""
    uids = found.uids
    if options.partial is not None:
        return array("I", sorted(options.partial.of(uids)))
    extremes = options.names & {b"MIN", b"MAX"}
    if extremes and not options.names & {b"ALL", b"COUNT"} and uids:
        kept = {uids[0]} if b"MIN" in extremes else set()
        if b"MAX" in extremes:
            kept.add(uids[-1])
        return array("I", sorted(kept))
    return array("I", sorted(uids))
