"""What APPEND and REPLACE bring: flags, a date, and the message or the pieces it is made of.

RFC 3501 §6.3.11, RFC 3502 (several messages), RFC 3516 (literal8), RFC 4469 (CATENATE),
RFC 6855 §4 (UTF8).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.errors import GrammarError
from mailcore.protocol.imap.lexer import Arguments

MAX_MESSAGES = 1000
MAX_PIECES = 200
"""Of all messages of one command together."""


@dataclass(frozen=True, slots=True)
class Address:
    """A piece to be taken from a message that is here already."""

    url: bytes


Piece = bytes | Address


@dataclass(frozen=True, slots=True)
class Appended:
    """One message.  `date` in seconds, 0 for now; `binary` and `utf8` if it was sent as such."""

    flags: Sequence[str]
    date: int
    pieces: Sequence[Piece]
    binary: bool = False
    utf8: bool = False

    @property
    def needs_others(self) -> bool:
        """Whether some of it has to be looked up."""
        return any(isinstance(piece, Address) for piece in self.pieces)


def messages(arguments: Arguments) -> list[Appended]:
    """One or more, up to the end of the command."""
    found = [message(arguments)]
    pieces = len(found[0].pieces)
    while arguments.skip(b" "):
        arguments.skip(b" ")  # imapclient puts two between messages
        found.append(message(arguments))
        pieces += len(found[-1].pieces)
        if len(found) > MAX_MESSAGES:
            raise GrammarError("Too many messages.")
        if pieces > MAX_PIECES + MAX_MESSAGES:
            raise GrammarError("Too many pieces.")
    arguments.end()
    return found


def message(arguments: Arguments) -> Appended:
    """`[flags] [date-time] data`"""
    flags: list[str] = []
    if arguments.peek() == b"(":
        flags = arguments.flags()
        arguments.space()
    date = 0
    if arguments.peek() == b'"':
        date = arguments.date_time()
        arguments.space()
    if arguments.peek() in (b"{", b"~"):
        data, binary = arguments.literal8()
        return Appended(flags, date, [data], binary)
    match arguments.keyword():
        case b"UTF8":
            arguments.space()
            return Appended(flags, date, [_utf8(arguments)], utf8=True)
        case b"CATENATE":
            arguments.space()
            return _catenated(arguments, flags, date)
    raise arguments.fail("Expected a message.")


def _utf8(arguments: Arguments) -> bytes:
    arguments.open()
    data, binary = arguments.literal8()
    arguments.close()
    if not binary:
        raise arguments.fail("UTF8 needs a literal8.")
    return data


def _catenated(arguments: Arguments, flags: list[str], date: int) -> Appended:
    pieces: list[Piece] = []
    binary = utf8 = False
    arguments.open()
    while True:
        kind = arguments.keyword()
        arguments.space()
        if kind == b"TEXT":
            data, is_binary = arguments.literal8()
            pieces.append(data)
            binary |= is_binary
        elif kind == b"UTF8":
            pieces.append(_utf8(arguments))
            utf8 = True
        elif kind == b"URL":
            pieces.append(Address(arguments.astring()))
        else:
            raise arguments.fail("Expected TEXT or URL.")
        if len(pieces) > MAX_PIECES:
            raise GrammarError("Too many pieces.")
        if not arguments.skip(b" "):
            break
    arguments.close()
    return Appended(flags, date, pieces, binary, utf8)
