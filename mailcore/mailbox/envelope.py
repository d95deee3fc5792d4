"""The ENVELOPE of a message as the bytes of a FETCH response.  RFC 3501 §7.4.2."""

from collections.abc import Mapping

from mailcore.message import address_list
from mailcore.protocol.imap.responses import nstring, string

_NIL = b"NIL"


def envelope(found: Mapping[bytes, bytes]) -> bytes:
    """`found` is the first field of each (lower-case) name.

    Text stays as it was written, encoded words and all: decoding is the client's part.
    """
    from_ = _addresses(found.get(b"from"))
    sender = _addresses(found.get(b"sender"))
    reply_to = _addresses(found.get(b"reply-to"))
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        nstring(found.get(b"date")),
        nstring(found.get(b"subject")),
        from_,
        from_ if sender is _NIL else sender,
        from_ if reply_to is _NIL else reply_to,
        _addresses(found.get(b"to")),
        _addresses(found.get(b"cc")),
        _addresses(found.get(b"bcc")),
        nstring(found.get(b"in-reply-to")),
        nstring(found.get(b"message-id")),
    )


def _addresses(value: bytes | None) -> bytes:
    if not value:
        return _NIL
    written = []
    for entry in address_list.parse(value):
        if isinstance(entry, address_list.Group):
            written.append(b"(NIL NIL %b NIL)" % string(_octets(entry.raw_name)))
            written.extend(map(_mailbox, entry.members))
            written.append(b"(NIL NIL NIL NIL)")
        else:
            written.append(_mailbox(entry))
    return b"(" + b"".join(written) + b")" if written else _NIL


def _mailbox(person: address_list.Mailbox) -> bytes:
    """A nameless local part would read as the end of a group, so it is never NIL."""
    name = string(_octets(person.raw_name)) if person.raw_name else _NIL
    return b"(%b NIL %b %b)" % (
        name,
        string(_octets(person.local)),
        string(_octets(person.domain)),
    )


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")
