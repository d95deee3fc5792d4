"""A message as patterns see it: one line for each header field, one for each line of text.

Fields are unfolded and decoded, addresses written the one usual way, text in UTF-8.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from mailcore.message import encoded_words, mime
from mailcore.message.address_list import Group, Mailbox, mailboxes, parse
from mailcore.message.header import Field

_ADDRESSES = frozenset(
    b"from sender reply-to to cc bcc"
    b" resent-from resent-sender resent-reply-to resent-to resent-cc resent-bcc".split()
)
_RECIPIENTS = frozenset((b"to", b"cc", b"resent-to", b"resent-cc"))
_PLAIN_NAME = re.compile(r"[^\x00-\x20()<>@,;:\\\".\[\]]+(?: [^\x00-\x20()<>@,;:\\\".\[\]]+)*")
_PART = 1_048_576  # octets of one text part that are looked at
_TEXT = 8_388_608  # of all of them


class Letter:
    """One message; lives until a program replaces it.  Nothing is read before it is asked for."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets

    @cached_property
    def _root(self) -> mime.Part:
        return mime.scan(self.octets)

    @property
    def line_count(self) -> int:
        return self.octets.count(b"\n")

    @cached_property
    def top(self) -> list[bytes]:
        """The message's own fields."""
        return _lines(self._root.fields)

    @cached_property
    def headers(self) -> list[bytes]:
        """The fields of the message and of everything in it."""
        return [line for part in mime.walk(self._root) for line in _lines(part.fields)]

    @cached_property
    def body(self) -> list[bytes]:
        """The lines of all text."""
        return list(self._body())

    def _body(self) -> Iterator[bytes]:
        left = _TEXT
        for part in mime.walk(self._root):
            if part.type != "text" or left <= 0:
                continue
            left -= part.end - part.body_start
            decoded = mime.text(self.octets, part, _PART)
            if decoded.endswith("\n"):
                decoded = decoded[:-1]
            if decoded:
                yield from decoded.encode("utf-8", "replace").split(b"\n")

    def first(self, name: bytes) -> bytes:
        """The value of the first field called so (lower case), as it stands; empty without."""
        return next((each.value for each in self._root.fields if each.name == name), b"")

    @cached_property
    def recipients(self) -> frozenset[str]:
        """The addresses in To, Cc, Resent-To and Resent-Cc, in lower case."""
        return frozenset(
            mailbox.address.lower()
            for each in self._root.fields
            if each.name in _RECIPIENTS
            for mailbox in mailboxes(each.value)
        )


def _lines(fields: Iterable[Field]) -> list[bytes]:
    return [
        each.raw_name + b": " + _value(each).encode("utf-8", "replace").strip() for each in fields
    ]


def _value(field: Field) -> str:
    if field.name in _ADDRESSES:
        entries = parse(field.value)
        if entries:
            return ", ".join(_entry(entry) for entry in entries)
    return encoded_words.decode(field.value)


def _entry(entry: Mailbox | Group) -> str:
    if isinstance(entry, Group):
        members = ", ".join(_entry(member) for member in entry.members)
        return f"{_name(entry.name)}: {members};"
    if not entry.name or not entry.address:
        return entry.address or _name(entry.name)
    return f"{_name(entry.name)} <{entry.address}>"


def _name(name: str) -> str:
    name = encoded_words.safe(name)
    if _PLAIN_NAME.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
