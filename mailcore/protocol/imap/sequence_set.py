"""Message numbers: `1:3,7,*` and which messages they mean.  RFC 3501 §9."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.errors import GrammarError

LARGEST = 0xFFFFFFFF
STAR = 0
MAX_RANGES = 20_000

_SET = re.compile(rb"(?:[1-9]\d{0,9}|\*)(?::(?:[1-9]\d{0,9}|\*))?")

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Pairs as sent; STAR stands for the largest number in use."""

    pairs: tuple[Range, ...]

    def ranges(self, largest: int) -> list[Range]:
        """Ascending, disjoint, inclusive; `*` is `largest`."""
        resolved = sorted(
            (min(first, last), max(first, last))
            for first, last in ((first or largest, last or largest) for first, last in self.pairs)
        )
        merged: list[Range] = []
        for first, last in resolved:
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return merged

    def numbers(self, count: int) -> list[Range]:
        """The sequence numbers meant in a mailbox of `count` messages, as ranges.

        Raises GrammarError for a number that no message has: RFC 3501 calls that an error.
        With `*` it is forgiven, because `1:*` of an empty mailbox is what clients send.
        """
        for first, last in self.pairs:
            if STAR not in (first, last) and max(first, last) > count:
                raise GrammarError("There is no message with that number.")
        if not count:
            return []
        return [(min(first, count), min(last, count)) for first, last in self.ranges(count)]

    def positions(self, uids: Sequence[int]) -> list[Range]:
        """The positions (from 0, end exclusive) of the UIDs meant, among ascending `uids`."""
        if not uids:
            return []
        found = []
        for first, last in self.ranges(uids[-1]):
            start, end = bisect_left(uids, first), bisect_right(uids, last)
            if start < end:
                found.append((start, end))
        return found


def parse(text: bytes) -> SequenceSet:
    """`1:3,7,*` → SequenceSet; raises GrammarError."""
    parts = text.split(b",")
    if len(parts) > MAX_RANGES:
        raise GrammarError("Too many message numbers.")
    pairs = []
    for part in parts:
        if not _SET.fullmatch(part):
            raise GrammarError("Malformed message numbers.")
        first, colon, last = part.partition(b":")
        low = _number(first)
        pairs.append((low, _number(last) if colon else low))
    return SequenceSet(tuple(pairs))


def _number(text: bytes) -> int:
    if text == b"*":
        return STAR
    value = int(text)
    if value > LARGEST:
        raise GrammarError("The number is too large.")
    return value


def format(numbers: Sequence[int]) -> bytes:
    """Ascending numbers as the shortest set; empty for none."""
    pieces: list[str] = []
    at = 0
    while at < len(numbers):
        end = at
        while end + 1 < len(numbers) and numbers[end + 1] == numbers[end] + 1:
            end += 1
        first, last = numbers[at], numbers[end]
        pieces.append(str(first) if first == last else f"{first}:{last}")
        at = end + 1
    return ",".join(pieces).encode()


def format_ranges(ranges: Sequence[Range]) -> bytes:
    """Ascending, disjoint ranges as a set."""
    return ",".join(
        str(first) if first == last else f"{first}:{last}" for first, last in ranges
    ).encode()
