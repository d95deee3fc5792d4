"""Flags between their names (`\\Seen`, keywords) and how the index keeps them."""

import re
from collections.abc import Iterable
from functools import lru_cache

from mailcore.errors import GrammarError
from mailcore.mailbox import rights
from mailcore.mailbox.index.message_rows import (
    ANSWERED,
    DELETED,
    DRAFT,
    FLAGGED,
    SEEN,
    keyword_text,
)

SYSTEM = {
    "\\Answered": ANSWERED,
    "\\Flagged": FLAGGED,
    "\\Deleted": DELETED,
    "\\Seen": SEEN,
    "\\Draft": DRAFT,
}
_BY_LOWER = {name.lower(): bit for name, bit in SYSTEM.items()}
_KEYWORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]{1,100}")
MAX_KEYWORDS = 100
"""Of one message; beyond that a client is storing data, not keywords."""


def parse(names: Iterable[str]) -> tuple[int, str]:
    """Flag names → bits and keyword text.

    Raises GrammarError for a system flag that does not exist or cannot be set, and for a
    keyword that is no atom.  `\\Recent` is passed over: clients send back what they got.
    """
    bits = 0
    words = set()
    for name in names:
        if name.startswith("\\"):
            bit = _BY_LOWER.get(name.lower())
            if bit is None and name.lower() != "\\recent":
                raise GrammarError(f"No such flag: {name[:40]}")
            bits |= bit or 0
        elif _KEYWORD.fullmatch(name):
            words.add(name)
        else:
            raise GrammarError("Not a keyword.")
    if len(words) > MAX_KEYWORDS:
        raise GrammarError("Too many keywords.")
    return bits, keyword_text(words)


def only_keywords(words: Iterable[str]) -> set[str]:
    """Those of `words` that are keywords; for what lay in files others can write."""
    return set([word for word in words if _KEYWORD.fullmatch(word)][:MAX_KEYWORDS])


@lru_cache(maxsize=256)
def changeable(had: frozenset[str]) -> tuple[int, bool]:
    """The flag bits somebody with these rights may change, and whether keywords too.

    RFC 4314 §4: s for \\Seen, t for \\Deleted, w for all others.
    """
    bits = SEEN if rights.SEEN in had else 0
    bits |= DELETED if rights.DELETE in had else 0
    words = rights.WRITE in had
    return bits | (ANSWERED | FLAGGED | DRAFT if words else 0), words


def permitted(names: Iterable[str], had: frozenset[str]) -> list[str]:
    """Those of some flags that somebody with these rights may set."""
    bits, words = changeable(had)
    found = []
    for name in names:
        bit = _BY_LOWER.get(name.lower())
        if words if bit is None else bits & bit:
            found.append(name)
    return found


@lru_cache(maxsize=512)
def names_of(bits: int, keywords: str) -> frozenset[str]:
    """Bits and keyword text → flag names."""
    return frozenset([*(name for name, bit in SYSTEM.items() if bits & bit), *keywords.split()])


@lru_cache(maxsize=512)
def wire(bits: int, keywords: str, recent: bool) -> bytes:
    """What stands between the parentheses of FLAGS."""
    named = [name for name, bit in SYSTEM.items() if bits & bit]
    if recent:
        named.append("\\Recent")
    if keywords:
        named.append(keywords)
    return " ".join(named).encode()
