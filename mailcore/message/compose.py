"""Write a message: new, reply, forward; text, attachments.  RFC 5322, RFC 2045, RFC 2183.

Only values come in, only CRLF bytes go out, 7-bit throughout.  No value can add a field
or a part: every one is encoded, quoted or refused here.  Time, Message-ID and boundary
are the caller's, since this floor has neither clock nor chance.
"""

import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from mailcore.message import address_list, date, header
from mailcore.message.address_list import Mailbox

LONGEST_LINE = 990
MOST_REFERENCES = 24
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_ID = re.compile(r"<[^<>\s\x00-\x1f]{1,900}>")
_BOUNDARY = re.compile(r"[A-Za-z0-9._=-]{8,60}")
_PREFIX = re.compile(r"(?:re|aw|sv|fwd?|wg|antw|tr|rv)(?:\[\d+\])?\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    """Something attached."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Everything a message is made of.  `extra` are further fields, for drafts."""

    sender: Mailbox
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    subject: str = ""
    text: str = ""
    files: tuple[File, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def recipients(self) -> tuple[Mailbox, ...]:
        return (*self.to, *self.cc, *self.bcc)


def build(
    letter: Outgoing, *, moment: datetime, message_id: str, boundary: str, with_bcc: bool = False
) -> bytes:
    """The message with CRLF line ends; Bcc is written for drafts and the sender's copy only.

    Raises ValueError for a Message-ID or boundary that is none.
    """
    if not _ID.fullmatch(message_id) or not _BOUNDARY.fullmatch(boundary):
        raise ValueError("not a message id or boundary")
    out = [
        header.fold(b"Date", date.format(moment)),
        header.fold(b"From", address_list.format([letter.sender])),
    ]
    for name, people in ((b"To", letter.to), (b"Cc", letter.cc)):
        if people:
            out.append(header.fold(name, address_list.format(people)))
    if with_bcc and letter.bcc:
        out.append(header.fold(b"Bcc", address_list.format(letter.bcc)))
    out.append(header.fold(b"Subject", header.encode(letter.subject)))
    out.append(header.fold(b"Message-ID", message_id.encode("ascii", "replace")))
    out += _thread_fields(letter)
    out += [header.fold(name.encode("ascii"), header.encode(value)) for name, value in letter.extra]
    out.append(b"MIME-Version: 1.0\r\n")
    out.append(_content(letter, boundary))
    return b"".join(out)


def _thread_fields(letter: Outgoing) -> list[bytes]:
    ids = [one for one in letter.references if _ID.fullmatch(one) and one.isascii()]
    fields = []
    if _ID.fullmatch(letter.in_reply_to) and letter.in_reply_to.isascii():
        fields.append(header.fold(b"In-Reply-To", letter.in_reply_to.encode("ascii")))
    if ids:
        kept = ids[:1] + ids[1:][-MOST_REFERENCES:]
        fields.append(header.fold(b"References", " ".join(kept).encode("ascii")))
    return fields


def _content(letter: Outgoing, boundary: str) -> bytes:
    text = _text_part(letter.text)
    if not letter.files:
        return text
    mark = boundary.encode("ascii")
    parts = [text, *(_file_part(file) for file in letter.files)]
    body = b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n' + body
        + b"--" + mark + b"--\r\n"
    )  # fmt: skip


def _text_part(text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    plain = "\n".join(lines) + "\n"
    if plain.isascii() and "\0" not in plain and max(map(len, lines)) <= LONGEST_LINE:
        kind, encoded = b"7bit", plain.encode("ascii")
    else:
        kind = b"quoted-printable"
        encoded = binascii.b2a_qp(plain.encode("utf-8", "replace"), istext=True)
    return (
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
        + kind
        + b"\r\n\r\n"
        + encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    )


def _file_part(file: File) -> bytes:
    kind = file.content_type.lower()
    if not _TYPE.fullmatch(kind) or kind.startswith(("multipart/", "message/")):
        kind = "application/octet-stream"
    encoded = binascii.b2a_base64(file.data, newline=False)
    lines = b"\r\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
    return (
        f"Content-Type: {kind}\r\n".encode("ascii")
        + b"Content-Transfer-Encoding: base64\r\n"
        + disposition(file.name).encode("ascii")
        + b"\r\n\r\n"
        + lines
    )


def disposition(name: str, kind: str = "attachment") -> str:
    """A Content-Disposition field for mail.  RFC 2183, RFC 2231."""
    return f"Content-Disposition: {disposition_value(name, kind)}"


def disposition_value(name: str, kind: str = "attachment") -> str:
    """Its value, fit for mail and HTTP (RFC 6266): one line of ASCII."""
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "_", name).strip()[:150] or "attachment"
    if re.fullmatch(r"[A-Za-z0-9 !#$&'()+,.=@^_`{}~-]+", name):
        return f'{kind}; filename="{name}"'
    encoded = quote(name.encode("utf-8", "replace"), safe="!#$&+-.^_`|~")
    return f"{kind}; filename*=utf-8''{encoded}"


def reply_subject(subject: str) -> str:
    """`Re:` once, whatever stood there."""
    return f"Re: {_bare(subject)}".strip()


def forward_subject(subject: str) -> str:
    """`Fwd:` once."""
    return f"Fwd: {_bare(subject)}".strip()


def _bare(subject: str) -> str:
    subject = " ".join(subject.split())[:900]
    for _ in range(10):
        found = _PREFIX.match(subject)
        if not found:
            break
        subject = subject[found.end() :]
    return subject


def quoted(text: str, attribution: str) -> str:
    """`text` as a quote below its attribution line."""
    lines = text.rstrip("\n").split("\n")
    return "\n".join(
        [attribution, *(f">{line}" if line.startswith(">") else f"> {line}" for line in lines)]
    )


def reply_recipients(
    *,
    sender: Sequence[Mailbox],
    reply_to: Sequence[Mailbox],
    to: Sequence[Mailbox],
    cc: Sequence[Mailbox],
    own: str,
    everybody: bool,
) -> tuple[tuple[Mailbox, ...], tuple[Mailbox, ...]]:
    """To and Cc of a reply.  Answering one's own message goes to whom it went."""
    first = [one for one in (reply_to or sender) if one.address]
    if all(one.address.lower() == own for one in first):
        first = [one for one in to if one.address]
    known = {one.address.lower() for one in first} | {own}
    others = [*to, *cc] if everybody else []
    return tuple(_distinct(first, set())), tuple(_distinct(others, known))


def _distinct(people: Iterable[Mailbox], known: set[str]) -> list[Mailbox]:
    found = []
    for one in people:
        key = one.address.lower()
        if key and key not in known:
            known.add(key)
            found.append(one)
    return found
