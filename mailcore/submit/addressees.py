"""Whom the header of a message names as its readers, as `sendmail -t` understands it."""

from mailcore.message import address_list, header
from mailcore.message.address_list import Mailbox

_DESTINATIONS = (b"to", b"cc", b"bcc")


def named(block: bytes, *, only_bcc: bool = False) -> list[Mailbox]:
    """Who stands in To, Cc and Bcc; in the Resent- fields when it was resent."""
    found = header.fields(block)
    prefix = b"resent-" if any(each.name.startswith(b"resent-") for each in found) else b""
    names = {prefix + b"bcc"} if only_bcc else {prefix + name for name in _DESTINATIONS}
    return [
        box
        for each in found
        if each.name in names
        for box in address_list.mailboxes(each.value)
    ]  # fmt: skip


def without(block: bytes, *names: bytes) -> bytes:
    """The header without the fields of these names (in lower case)."""
    out, done = [], 0
    for each in header.fields(block):
        if each.name in names:
            out.append(block[done : each.start])
            done = each.end
    return b"".join([*out, block[done:]])


def without_bcc(block: bytes) -> bytes:
    """What everybody may see.  RFC 5322 §3.6.3."""
    return without(block, b"bcc", b"resent-bcc")
