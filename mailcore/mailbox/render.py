"""ENVELOPE, BODYSTRUCTURE and the columns of message lists, made once per message.

Everything is made from the message with CRLF line ends, as IMAP counts it.
"""

import hashlib
import html
import re
from dataclasses import dataclass

from mailcore.mailbox import structure
from mailcore.mailbox.envelope import envelope
from mailcore.message import address_list, date, header, mime
from mailcore.message.header import Field
from mailcore.message.mime import Part
from mailcore.message.subject import base

CACHED_FIELDS = frozenset(
    b"date from to cc bcc subject message-id references in-reply-to reply-to sender content-type"
    b" content-transfer-encoding mime-version priority x-priority importance newsgroups list-id"
    b" list-unsubscribe list-unsubscribe-post list-post user-agent x-mailer return-path"
    b" delivered-to disposition-notification-to auto-submitted x-spam-flag x-spam-status"
    b" authentication-results".split()
)
"""The header fields kept in the index, so that clients' lists open no message file."""

_MESSAGE_ID = re.compile(rb"<[^<>\s]{1,500}>")
_PREVIEW_SOURCE = 8192
_PREVIEW = 200
_SHOWN = 16_384
_HTML_HIDDEN = re.compile(r"<(style|script|head|title)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.I)
_HTML_TAG = re.compile(r"<[^<>]*>?")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the index keeps of one message; `size` in octets with CRLF, `date` in seconds.

    `sent_day` is the day as written in the Date: field, whatever its zone (RFC 3501 SENTON).
    """

    size: int
    envelope: bytes
    bodystructure: bytes
    fields: bytes
    subject: str
    from_: str
    to: str
    cc: str
    bcc: str
    date: int | None
    sent_day: int | None
    preview: str
    has_attachment: bool
    message_id: str
    parents: str
    thread_id: str
    sort_subject: str
    sort_from: str
    sort_to: str
    sort_cc: str


def with_crlf(data: bytes) -> bytes:
    """`data` with every line end as CRLF, whatever it had before."""
    if b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
    return data.replace(b"\n", b"\r\n")


def with_lf(data: bytes) -> bytes:
    """`data` as it lies in a Maildir."""
    return data.replace(b"\r\n", b"\n")


def render(message: bytes) -> Rendered:
    """Everything the index keeps of `message`, which has CRLF line ends.  Never fails."""
    root = mime.scan(message)
    fields = root.fields
    found: dict[bytes, bytes] = {}
    for field in fields:
        found.setdefault(field.name, field.value)
    sent = date.parse(found.get(b"date", b""))
    message_id = _first_id(found.get(b"message-id", b""))
    parents = _parents(found)
    subject = header.decode(found.get(b"subject", b""))[:_SHOWN]
    people = {name: _people(fields, name) for name in (b"from", b"to", b"cc", b"bcc")}
    return Rendered(
        size=len(message),
        envelope=envelope(found),
        bodystructure=structure.bodystructure(message, root),
        fields=_cached(message, root),
        subject=subject,
        from_=_shown(people[b"from"]),
        to=_shown(people[b"to"]),
        cc=_shown(people[b"cc"]),
        bcc=_shown(people[b"bcc"]),
        date=None if sent is None else int(sent.timestamp()),
        sent_day=None if sent is None else sent.toordinal(),
        preview=_preview(message, root),
        has_attachment=any(_is_attachment(part) for part in mime.walk(root)),
        message_id=message_id.decode("latin-1"),
        parents=b" ".join(parents).decode("latin-1"),
        thread_id=identifier(b"T", parents[0] if parents else message_id or message[:2000]),
        sort_subject=base(subject),
        sort_from=_sort_key(people[b"from"]),
        sort_to=_sort_key(people[b"to"]),
        sort_cc=_sort_key(people[b"cc"]),
    )


def identifier(kind: bytes, content: bytes) -> str:
    """An OBJECTID of this kind.  RFC 8474."""
    return kind.decode() + hashlib.blake2b(content, digest_size=12).hexdigest()


def _first_id(value: bytes) -> bytes:
    found = _MESSAGE_ID.search(value)
    return found.group() if found else b""


def _parents(found: dict[bytes, bytes]) -> list[bytes]:
    """Whom it answers, the thread's first message first."""
    references = _MESSAGE_ID.findall(found.get(b"references", b"")[:_SHOWN])
    return references or _MESSAGE_ID.findall(found.get(b"in-reply-to", b"")[:2000])[:1]


def _people(fields: list[Field], name: bytes) -> list[address_list.Mailbox]:
    value = b", ".join(field.value for field in fields if field.name == name)
    return address_list.mailboxes(value) if value else []


def _shown(people: list[address_list.Mailbox]) -> str:
    """`Name <address>, …`, decoded."""
    return ", ".join(
        f"{person.name} <{person.address}>"
        if person.name and person.address
        else person.name or person.address
        for person in people
    )[:_SHOWN]


def _sort_key(people: list[address_list.Mailbox]) -> str:
    return people[0].local.casefold()[:200] if people else ""


def _cached(message: bytes, root: Part) -> bytes:
    return b"".join(
        message[root.header_start + field.start : root.header_start + field.end]
        for field in root.fields
        if field.name in CACHED_FIELDS
    )


def _is_attachment(part: Part) -> bool:
    """Something to save: not the body's own text, nor an image shown within it."""
    if part.children or part.type == "multipart":
        return False
    if part.disposition == "attachment":
        return True
    return bool(part.filename) and not (part.id and part.type == "image")


def _preview(message: bytes, root: Part) -> str:
    """The beginning of what the message says, on one line."""
    chosen: Part | None = None
    for part in mime.walk(root):
        if part.type == "text" and part.disposition != "attachment":
            if part.subtype == "plain":
                chosen = part
                break
            if part.subtype == "html" and chosen is None:
                chosen = part
    if chosen is None:
        return ""
    text = mime.text(message, chosen, _PREVIEW_SOURCE)
    if chosen.subtype == "html":
        text = html.unescape(_HTML_TAG.sub(" ", _HTML_HIDDEN.sub(" ", text)))
    return " ".join(text[:2000].split())[:_PREVIEW]
