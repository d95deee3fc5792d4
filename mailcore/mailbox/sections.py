"""BODY[section] and BINARY[part]: which octets of a message they mean.  RFC 3501 §6.4.5.

`message` has CRLF line ends, `root` is its scan.
"""

from mailcore.mailbox.refusals import UnknownEncoding
from mailcore.message import header, mime
from mailcore.message.mime import Part
from mailcore.protocol.imap.fetch_items import Binary, Section

_KNOWN = frozenset(("", "7bit", "8bit", "binary", "base64", "quoted-printable"))


def extract(message: bytes, root: Part, section: Section) -> bytes | None:
    """The section's octets, cut to its partial; None when there is no such part."""
    part = mime.find(root, section.part) if section.part else root
    if part is None:
        return None
    octets = _octets(message, root, part, section)
    return None if octets is None else part_of(octets, section.partial)


def part_of(octets: bytes, partial: tuple[int, int] | None) -> bytes:
    if partial is None:
        return octets
    start, length = partial
    return octets[start : start + length]


def decoded(message: bytes, root: Part, item: Binary) -> bytes | None:
    """BINARY[part]: without its transfer encoding; None when there is no such part.

    Raises UnknownEncoding.  RFC 3516 §4.3; the whole message and what holds parts are as they are.
    """
    if not item.part:
        return part_of(message, item.partial)
    part = mime.find(root, item.part)
    if part is None:
        return None
    if part.encoding not in _KNOWN:
        raise UnknownEncoding("The part has an encoding that nobody knows.")
    return part_of(mime.decoded(message, part), item.partial)


def _octets(message: bytes, root: Part, part: Part, section: Section) -> bytes | None:
    text = section.text
    if not section.part:
        if not text:
            return message
        holder: Part | None = root
    elif not text:
        return message[part.body_start : part.end]
    elif text == b"MIME":
        return message[part.header_start : part.body_start]
    else:
        # HEADER and TEXT of a part mean the message that the part is.
        holder = part.embedded
    if holder is None:
        return None
    if text == b"TEXT":
        return message[holder.body_start : holder.end]
    block = message[holder.header_start : holder.body_start]
    if text == b"HEADER":
        return block
    return _chosen(block, section)


def _chosen(block: bytes, section: Section) -> bytes:
    names = {name.lower() for name in section.fields}
    wanted = section.text == b"HEADER.FIELDS"
    kept = [
        block[field.start : field.end]
        for field in header.fields(block)
        if (field.name in names) == wanted
    ]
    return b"".join(kept) + b"\r\n"
