"""The hard-coded rewriting of headers at submission.  Courier's, see docs/submit.md.

Everything here works on a header block in CRLF form and returns a new one; bodies are
never touched.
"""

import re
from collections.abc import Collection
from dataclasses import replace

from mailcore.message import address_list, header
from mailcore.message.address_list import Group, Mailbox

_RETURN_PATH = re.compile(rb"^return-path(?=[ \t]*:)", re.IGNORECASE | re.MULTILINE)
_ADDRESSES = frozenset(
    prefix + name
    for prefix in (b"", b"resent-")
    for name in (b"from", b"to", b"cc", b"reply-to", b"sender")
)


def rename_return_path(block: bytes) -> bytes:
    """A Return-Path that came with the message is hearsay; the real one is ours to write."""
    return _RETURN_PATH.sub(b"Old-Return-Path", block)


def retire(block: bytes, renamed: Collection[bytes], removed: Collection[bytes]) -> bytes:
    """Rename fields to Old-… and take others out; names are in lower case."""
    out: list[bytes] = []
    done = 0
    for field in header.fields(block):
        if field.name in removed:
            out.append(block[done : field.start])
            done = field.end
        elif field.name in renamed:
            out += [block[done : field.start], b"Old-"]
            done = field.start
    return b"".join([*out, block[done:]]) if out else block


def missing(lower_block: bytes, name: bytes) -> bool:
    """Whether the header (in lower case) has no field `name`, for instance b"date"."""
    return b"\n" + name + b":" not in lower_block and not lower_block.startswith(name + b":")


def says_tls_is_optional(block: bytes, lower_block: bytes) -> bool:
    """Whether a header has one field `TLS-Required`, and it says No.  RFC 8689 §5."""
    if missing(lower_block, b"tls-required"):
        return False
    found = [each.value for each in header.fields(block) if each.name == b"tls-required"]
    return len(found) == 1 and found[0].strip().lower() == b"no"


def mime_fields(lower_block: bytes, head: bytes, *, ascii_only: bool) -> bytes:
    """The MIME header fields that a message lacks.  Courier; RFC 2045 §3.

    `head` is the message or a long beginning of it: what its text is taken to be in.
    """
    if not missing(lower_block, b"content-type"):
        return b"" if not missing(lower_block, b"mime-version") else b"MIME-Version: 1.0\r\n"
    if not missing(lower_block, b"content-transfer-encoding"):
        return b""  # half a label is its author's business
    added = b"" if not missing(lower_block, b"mime-version") else b"MIME-Version: 1.0\r\n"
    charset, encoding = (b"us-ascii", b"7bit") if ascii_only else (_charset(head), b"8bit")
    return (
        added + b"Content-Type: text/plain; charset=" + charset + b"\r\n"
        b"Content-Transfer-Encoding: " + encoding + b"\r\n"
    )


def _charset(head: bytes) -> bytes:
    """UTF-8 if it is, but for a character cut in two at the end."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(head) or error.reason != "unexpected end of data":
            return b"unknown-8bit"
    return b"utf-8"


def qualify(block: bytes, default_domain: str) -> bytes:
    """Complete addresses without a domain in From, To, Cc, Reply-To and Sender.

    Fields in which every address is complete come back byte for byte, so signatures hold.
    """
    out: list[bytes] = []
    done = 0
    for field in header.fields(block):
        if field.name not in _ADDRESSES or not _is_bare(field.value):
            continue
        value = _completed(field.value, default_domain)
        out += [block[done : field.start], header.fold(field.raw_name, value)]
        done = field.end
    return b"".join([*out, block[done:]]) if out else block


def _is_bare(value: bytes) -> bool:
    return any(one.local and not one.domain for one in address_list.mailboxes(value))


def _completed(value: bytes, default_domain: str) -> bytes:
    entries: list[Mailbox | Group] = []
    for one in address_list.parse(value):
        if isinstance(one, Group):
            members = tuple(_complete(member, default_domain) for member in one.members)
            entries.append(replace(one, members=members))
        else:
            entries.append(_complete(one, default_domain))
    return address_list.format(entries)


def _complete(mailbox: Mailbox, default_domain: str) -> Mailbox:
    if mailbox.local and not mailbox.domain:
        return replace(mailbox, domain=default_domain)
    return mailbox
