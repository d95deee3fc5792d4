"""What a server answers to LIST and FETCH, as its client reads it.  RFC 3501 §7.2.2, §7.4.2.

Literals stand in the text as they do on the wire: `{5}`, a line end, five octets.
"""

from dataclasses import dataclass
from typing import Any

from mailcore.errors import GrammarError
from mailcore.protocol.imap import mailbox_name
from mailcore.protocol.imap.lexer import Arguments

MOST_FLAGS = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """One mailbox of LIST; `delimiter` is empty when there is no hierarchy."""

    attributes: frozenset[str]
    delimiter: str
    name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Fetched:
    """What we ask FETCH for; `date` in seconds, None for what did not come.

    `body` is the message, or the section of it that was asked for.
    """

    uid: int
    flags: frozenset[str] = frozenset()
    date: int | None = None
    size: int | None = None
    body: bytes | None = None


def listed(line: bytes) -> Listed:
    r"""`(\HasNoChildren) "." INBOX.Sent`; raises GrammarError."""
    words = Arguments(line)
    attributes = _flags(words)
    words.space()
    delimiter = b"" if words.skip(b"NIL") or words.skip(b"nil") else words.string()
    words.space()
    raw = words.astring()
    return Listed(
        frozenset(one.lower() for one in attributes),
        delimiter.decode("latin-1"),
        mailbox_name.decode(raw, utf8=False),
        raw,
    )


def fetched(data: bytes) -> Fetched:
    """`12 (UID 5 FLAGS (\\Seen) BODY[] {3}…)`; raises GrammarError, also without a UID."""
    words = Arguments(data)
    words.number()
    words.space()
    words.expect(b"(")
    found: dict[str, Any] = {}
    while True:
        name, value = _item(words)
        if name:
            found[name] = value
        if words.skip(b")"):
            break
        words.space()
    words.end()
    if not found.get("uid"):
        raise GrammarError("The server sent a message without a UID.")
    return Fetched(**found)


def _item(words: Arguments) -> tuple[str, Any]:
    """One attribute: the field it is for, and its value; what nobody asked for has no name."""
    if words.skip(b"BODY["):
        _until(words, b"", b"]")
        words.space()
        return "body", None if words.skip(b"NIL") else words.string()
    match words.keyword():
        case b"UID":
            words.space()
            return "uid", words.number()
        case b"FLAGS":
            words.space()
            return "flags", frozenset(_flags(words))
        case b"INTERNALDATE":
            words.space()
            return "date", words.date_time()
        case b"RFC822.SIZE":
            words.space()
            return "size", words.number(1 << 40)
        case b"MODSEQ":
            words.space()
            _until(words, b"(", b")")
            return "", None
    raise GrammarError("The server sent something nobody asked for.")


def _until(words: Arguments, first: bytes, last: bytes) -> bytes:
    """What stands between two brackets."""
    words.expect(first)
    end = words.data.find(last, words.at)
    if end < 0:
        raise GrammarError(f"Expected {last.decode()!r}.")
    found = words.data[words.at : end]
    words.at = end + 1
    return found


def _flags(words: Arguments) -> list[str]:
    """Flags in parentheses; those of servers that take what is no atom are read too."""
    return _until(words, b"(", b")").decode("latin-1").split()[:MOST_FLAGS]
