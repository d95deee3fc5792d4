"""SEARCH criteria as a tree.  RFC 3501 §6.4.4, RFC 7162 §3.1.5, RFC 5032.

Also RFC 5182 (`$`), RFC 6203 (FUZZY), RFC 8474 (EMAILID, THREADID), RFC 8514 (SAVEDATE).

The tree says what was asked; which messages that means is the mailbox's business.
"""

from dataclasses import dataclass

from mailcore.errors import GrammarError
from mailcore.protocol.imap import sequence_set
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.sequence_set import SequenceSet

MAX_KEYS = 1000

_FLAGS = {
    b"ANSWERED": "\\Answered", b"DELETED": "\\Deleted", b"DRAFT": "\\Draft",
    b"FLAGGED": "\\Flagged", b"SEEN": "\\Seen",
}  # fmt: skip
_TEXTS = frozenset((b"BCC", b"BODY", b"CC", b"FROM", b"SUBJECT", b"TEXT", b"TO"))
_DATES = frozenset(
    (b"BEFORE", b"ON", b"SINCE", b"SENTBEFORE", b"SENTON", b"SENTSINCE", b"SAVEDBEFORE", b"SAVEDON",
     b"SAVEDSINCE")
)  # fmt: skip
_IDENTIFIERS = frozenset((b"EMAILID", b"THREADID"))
_NUMBERS = frozenset((b"LARGER", b"SMALLER", b"OLDER", b"YOUNGER"))
_PLAIN = frozenset((b"ALL", b"NEW", b"OLD", b"RECENT", b"SAVEDATESUPPORTED"))


@dataclass(frozen=True, slots=True)
class Key:
    """One criterion: its name, and a text, number, flag name or (field, text) pair."""

    name: bytes
    value: "str | int | tuple[str, str] | SequenceSet | None" = None


@dataclass(frozen=True, slots=True)
class Every:
    keys: tuple["Criterion", ...]


@dataclass(frozen=True, slots=True)
class Either:
    first: "Criterion"
    second: "Criterion"


@dataclass(frozen=True, slots=True)
class Not:
    key: "Criterion"


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Also what only resembles the key."""

    key: "Criterion"


Criterion = Key | Every | Either | Not | Fuzzy


class Parser:
    """Reads keys up to the end of the command, decoding text by the charset asked for."""

    __slots__ = ("arguments", "charset", "count")

    def __init__(self, arguments: Arguments, charset: str) -> None:
        self.arguments = arguments
        self.charset = charset
        self.count = 0

    def keys(self) -> Criterion:
        """One or more keys, all of which must hold."""
        found = [self.key()]
        while self.arguments.skip(b" "):
            found.append(self.key())
        return found[0] if len(found) == 1 else Every(tuple(found))

    def key(self) -> Criterion:
        self.count += 1
        if self.count > MAX_KEYS:
            raise GrammarError("Too many search keys.")
        arguments = self.arguments
        first = arguments.peek()
        if first == b"(":
            arguments.open()
            found = self.keys()
            arguments.close()
            return found
        if arguments.skip(b"$"):
            return Key(b"SAVED")
        if first.isdigit() or first == b"*":
            return Key(b"SEQUENCE", sequence_set.parse(arguments.sequence_text()))
        return self._named(arguments.keyword())

    def _named(self, name: bytes) -> Criterion:
        if name in _PLAIN:
            return Key(name)
        if name in _FLAGS:
            return Key(b"FLAG", _FLAGS[name])
        if name.startswith(b"UN") and name[2:] in _FLAGS:
            return Not(Key(b"FLAG", _FLAGS[name[2:]]))
        self.arguments.space()
        if name in _TEXTS:
            return Key(name, self._text())
        if name in _DATES:
            return Key(name, self.arguments.date())
        if name in _NUMBERS:
            return Key(name, self.arguments.number())
        if name in _IDENTIFIERS:
            return Key(name, self.arguments.atom().decode("ascii"))
        return self._compound(name)

    def _compound(self, name: bytes) -> Criterion:
        arguments = self.arguments
        if name == b"NOT":
            return Not(self._deeper())
        if name == b"FUZZY":
            return Fuzzy(self._deeper())
        if name == b"OR":
            first = self._deeper()
            arguments.space()
            return Either(first, self._deeper())
        if name in (b"KEYWORD", b"UNKEYWORD"):
            keyword = Key(b"FLAG", arguments.flag())
            return Not(keyword) if name == b"UNKEYWORD" else keyword
        if name == b"HEADER":
            field = arguments.astring().decode("latin-1")
            arguments.space()
            return Key(name, (field, self._text()))
        if name == b"UID" and arguments.skip(b"$"):
            return Key(b"SAVED")
        if name == b"UID":
            return Key(name, sequence_set.parse(arguments.sequence_text()))
        if name == b"MODSEQ":
            return self._modseq()
        raise GrammarError("Unknown search key.")

    def _deeper(self) -> Criterion:
        """NOT NOT NOT … nests without a parenthesis."""
        self.arguments.depth += 1
        if self.arguments.depth > 100:
            raise GrammarError("Nested too deeply.")
        found = self.key()
        self.arguments.depth -= 1
        return found

    def _modseq(self) -> Criterion:
        """`MODSEQ ["/flags/\\name" all|priv|shared] n`; the entry makes no difference to us."""
        arguments = self.arguments
        if arguments.peek() == b'"':
            arguments.string()
            arguments.space()
            arguments.keyword()
            arguments.space()
        return Key(b"MODSEQ", arguments.number(largest=(1 << 63) - 1))

    def _text(self) -> str:
        octets = self.arguments.astring()
        try:
            return octets.decode(self.charset)
        except UnicodeDecodeError:
            raise GrammarError("The text does not fit its charset.") from None
