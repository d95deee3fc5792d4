"""FETCH attributes: FLAGS, ENVELOPE, BODY[section]<partial> …

RFC 3501 §6.4.5, RFC 3516 (BINARY), RFC 7162 (MODSEQ), RFC 8474 (EMAILID, THREADID),
RFC 8514 (SAVEDATE), RFC 8970 (PREVIEW).
"""

import re
from dataclasses import dataclass

from mailcore.errors import GrammarError
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.responses import astring

MAX_ITEMS = 50
MAX_FIELDS = 200
MAX_PARTS = 60

_NAME = re.compile(rb"[A-Za-z0-9.]+")
_NUMBERS = re.compile(rb"(\d{1,9}(?:\.\d{1,9})*)(\.?)")
_PARTIAL = re.compile(rb"<(\d{1,10})\.(\d{1,10})>")

_SIMPLE = frozenset(
    (b"FLAGS", b"UID", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE", b"BODYSTRUCTURE", b"MODSEQ",
     b"EMAILID", b"THREADID", b"BODY", b"PREVIEW", b"SAVEDATE")
)  # fmt: skip
_MACROS = {
    b"ALL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE"),
    b"FAST": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"),
    b"FULL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE", b"BODY"),
}


@dataclass(frozen=True, slots=True)
class Simple:
    """An attribute that is just its name."""

    name: bytes


@dataclass(frozen=True, slots=True)
class Section:
    """BODY[…] and its RFC822 forms.

    `part` are the numbers before the text; `text` is empty, HEADER, HEADER.FIELDS,
    HEADER.FIELDS.NOT, TEXT or MIME; `fields` as sent.  `label` is how the answer names it.
    """

    part: tuple[int, ...]
    text: bytes
    fields: tuple[bytes, ...]
    partial: tuple[int, int] | None
    peek: bool
    label: bytes


@dataclass(frozen=True, slots=True)
class Binary:
    """BINARY[…]: a part without its transfer encoding; or, with `size`, only how long that is."""

    part: tuple[int, ...]
    partial: tuple[int, int] | None
    peek: bool
    size: bool
    label: bytes


Item = Simple | Section | Binary


def parse(arguments: Arguments) -> list[Item]:
    """One attribute, a list of them, or a macro."""
    if arguments.peek() == b"(":
        arguments.open()
        items = [_item(arguments)]
        while arguments.skip(b" "):
            items.append(_item(arguments))
            if len(items) > MAX_ITEMS:
                raise GrammarError("Too many attributes.")
        arguments.close()
        return list(dict.fromkeys(items))
    start = arguments.at
    name = _name(arguments)
    if name in _MACROS:
        return [Simple(one) for one in _MACROS[name]]
    arguments.at = start
    return [_item(arguments)]


def _name(arguments: Arguments) -> bytes:
    found = _NAME.match(arguments.data, arguments.at)
    if found is None:
        raise GrammarError("Expected a FETCH attribute.")
    arguments.at = found.end()
    return found.group().upper()


def _item(arguments: Arguments) -> Item:
    name = _name(arguments)
    if name in (b"BODY", b"BODY.PEEK") and arguments.peek() == b"[":
        return _section(arguments, peek=name == b"BODY.PEEK")
    if name in (b"BINARY", b"BINARY.PEEK", b"BINARY.SIZE"):
        return _binary(arguments, name)
    if name == b"PREVIEW":
        arguments.skip(b" (LAZY)")  # RFC 8970 §4.1: it is always there, nobody has to wait
    if name in _SIMPLE:
        return Simple(name)
    if name == b"RFC822":
        return Section((), b"", (), None, False, name)
    if name == b"RFC822.HEADER":
        return Section((), b"HEADER", (), None, True, name)
    if name == b"RFC822.TEXT":
        return Section((), b"TEXT", (), None, False, name)
    raise GrammarError("Unknown FETCH attribute.")


def _binary(arguments: Arguments, name: bytes) -> Binary:
    """RFC 3516 §4."""
    arguments.expect(b"[")
    part: tuple[int, ...] = ()
    if arguments.peek() != b"]":
        part = _numbers(arguments)
        if arguments.peek() == b".":
            raise GrammarError("Malformed section.")
    arguments.expect(b"]")
    size = name == b"BINARY.SIZE"
    partial = None if size else _partial(arguments)
    label = b"BINARY.SIZE" if size else b"BINARY"
    label += b"[" + b".".join(b"%d" % number for number in part) + b"]"
    if partial:
        label += b"<%d>" % partial[0]
    return Binary(part, partial, size or name == b"BINARY.PEEK", size, label)


def _numbers(arguments: Arguments) -> tuple[int, ...]:
    found = _NUMBERS.match(arguments.data, arguments.at)
    if found is None or found.group(2):
        raise GrammarError("Malformed section.")
    arguments.at = found.end()
    part = tuple(int(number) for number in found.group(1).split(b"."))
    if 0 in part or len(part) > MAX_PARTS:
        raise GrammarError("No such part.")
    return part


def _section(arguments: Arguments, *, peek: bool) -> Section:
    arguments.expect(b"[")
    part: tuple[int, ...] = ()
    text = b""
    found = _NUMBERS.match(arguments.data, arguments.at)
    if found:
        arguments.at = found.end()
        part = tuple(int(number) for number in found.group(1).split(b"."))
        if 0 in part or len(part) > MAX_PARTS:
            raise GrammarError("No such part.")
    if arguments.peek() != b"]":
        if found and not found.group(2):
            raise GrammarError("Malformed section.")
        text = _name(arguments)
    elif found and found.group(2):
        raise GrammarError("Malformed section.")
    fields: tuple[bytes, ...] = ()
    if text in (b"HEADER.FIELDS", b"HEADER.FIELDS.NOT"):
        fields = _fields(arguments)
    elif text not in (b"", b"HEADER", b"TEXT", b"MIME") or (text == b"MIME" and not part):
        raise GrammarError("Unknown section.")
    arguments.expect(b"]")
    partial = _partial(arguments)
    return Section(part, text, fields, partial, peek, _label(part, text, fields, partial))


def _fields(arguments: Arguments) -> tuple[bytes, ...]:
    arguments.space()
    arguments.open()
    found = [arguments.astring()]
    while arguments.skip(b" "):
        found.append(arguments.astring())
        if len(found) > MAX_FIELDS:
            raise GrammarError("Too many header fields.")
    arguments.close()
    if any(b"\r" in name or b"\n" in name or b"\0" in name for name in found):
        raise GrammarError("Not a header field.")
    return tuple(found)


def _partial(arguments: Arguments) -> tuple[int, int] | None:
    if arguments.peek() != b"<":
        return None
    found = _PARTIAL.match(arguments.data, arguments.at)
    if found is None or int(found.group(2)) == 0:
        raise GrammarError("Malformed partial.")
    arguments.at = found.end()
    return int(found.group(1)), int(found.group(2))


def _label(
    part: tuple[int, ...], text: bytes, fields: tuple[bytes, ...], partial: tuple[int, int] | None
) -> bytes:
    pieces = [b".".join(b"%d" % number for number in part)] if part else []
    if text:
        pieces.append(text)
    name = b".".join(pieces)
    if fields:
        name += b" (" + b" ".join(astring(field) for field in fields) + b")"
    origin = b"<%d>" % partial[0] if partial else b""
    return b"BODY[" + name + b"]" + origin
