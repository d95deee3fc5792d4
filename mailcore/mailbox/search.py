"""What one may search for: values, made by IMAP SEARCH and by the webmail alike.

Text comparisons are IMAP's: substring, case-insensitive, on decoded text.  Days are proleptic
ordinals (`date.toordinal()`), so zones are out of the question, as RFC 3501 §6.4.4 asks.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class And:
    queries: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    queries: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Not:
    query: "Query"


@dataclass(frozen=True, slots=True)
class Flag:
    """A system flag (`\\Seen`) or keyword is set."""

    name: str


@dataclass(frozen=True, slots=True)
class Uids:
    """UIDs in inclusive ranges."""

    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Subject:
    text: str


@dataclass(frozen=True, slots=True)
class From:
    text: str


@dataclass(frozen=True, slots=True)
class To:
    text: str


@dataclass(frozen=True, slots=True)
class Cc:
    text: str


@dataclass(frozen=True, slots=True)
class Bcc:
    text: str


@dataclass(frozen=True, slots=True)
class Header:
    """The field called `name` contains `text`; with empty text: the field exists."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Body:
    """The decoded text of the message's text parts."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """Header or body."""

    text: str


@dataclass(frozen=True, slots=True)
class Since:
    """Arrived on that day or later."""

    day: int


@dataclass(frozen=True, slots=True)
class Before:
    """Arrived before that day."""

    day: int


@dataclass(frozen=True, slots=True)
class ArrivedBefore:
    """Arrived before that second of the epoch."""

    moment: int


@dataclass(frozen=True, slots=True)
class SentSince:
    """Its Date: field says that day or a later one."""

    day: int


@dataclass(frozen=True, slots=True)
class SentBefore:
    day: int


@dataclass(frozen=True, slots=True)
class SavedSince:
    """Came into its mailbox on that day or later.  RFC 8514."""

    day: int


@dataclass(frozen=True, slots=True)
class SavedBefore:
    day: int


@dataclass(frozen=True, slots=True)
class EmailId:
    """RFC 8474 §5.1."""

    identifier: str


@dataclass(frozen=True, slots=True)
class ThreadId:
    """RFC 8474 §5.2."""

    identifier: str


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """At least half of these match; the more the better.  RFC 6203."""

    queries: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Larger:
    octets: int


@dataclass(frozen=True, slots=True)
class Smaller:
    octets: int


@dataclass(frozen=True, slots=True)
class ModSeq:
    """Changed at this mod-sequence or later.  RFC 7162 §3.1.5."""

    modseq: int


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """Something to save hangs on it."""


Query = (
    All | And | Or | Not | Flag | Uids | Subject | From | To | Cc | Bcc | Header | Body | Text
    | Since | Before | ArrivedBefore | SentSince | SentBefore | Larger | Smaller | ModSeq
    | HasAttachment | SavedSince | SavedBefore | EmailId | ThreadId | Fuzzy
)  # fmt: skip


def any_of(*queries: Query) -> Query:
    return queries[0] if len(queries) == 1 else Or(queries)


def all_of(*queries: Query) -> Query:
    return queries[0] if len(queries) == 1 else And(queries)
