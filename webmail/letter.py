"""A message as the reading page shows it: who, when, which bodies, which attachments."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mailcore.message import address_list, date, header, mime
from mailcore.message.address_list import Mailbox
from mailcore.message.header import Field
from mailcore.message.mime import Part

INLINE_PICTURES = frozenset({"png", "jpeg", "gif", "webp", "bmp"})
MOST_INLINE = 8 * 1024 * 1024
MOST_SHOWN = 200
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_RISKY = re.compile(
    r"\.(exe|scr|com|pif|bat|cmd|js|jse|vbs|vbe|wsf|hta|msi|lnk|jar|ps1|iso|img|html?|svg|xll|reg)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Body:
    """A part to show; `number` is its place in the walk over the part tree."""

    number: int
    kind: str
    part: Part


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part to save.  `warning` says what is odd about its name."""

    number: int
    name: str
    content_type: str
    size: int
    warning: str
    part: Part

    @property
    def icon(self) -> str:
        return "image" if self.content_type.startswith("image/") else "file"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, taken apart."""

    data: bytes
    root: Part
    subject: str
    from_: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    bcc: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]
    date: datetime | None
    message_id: str
    references: tuple[str, ...]
    bodies: tuple[Body, ...]
    attachments: tuple[Attachment, ...]

    @property
    def sender(self) -> Mailbox:
        return self.from_[0] if self.from_ else Mailbox("(no sender)", "", "")

    def field(self, name: bytes) -> str:
        """A field's value for people; empty when it is missing."""
        value = header.first(self.root.fields, name)
        return header.decode(value) if value is not None else ""

    def part(self, number: int) -> Part | None:
        """The part with that place in the walk."""
        for at, part in enumerate(mime.walk(self.root)):
            if at == number:
                return part
        return None

    def text_of(self, part: Part) -> str:
        return mime.text(self.data, part)

    def inline(self, content_id: str) -> str:
        """The `data:` address of the picture with that Content-ID; empty when there is none."""
        wanted = content_id.strip().strip("<>").encode("utf-8", "replace")
        for part in mime.walk(self.root):
            if part.type != "image" or part.subtype not in INLINE_PICTURES:
                continue
            if part.id.strip().strip(b"<>") == wanted and part.end - part.body_start < MOST_INLINE:
                octets = base64.b64encode(mime.decoded(self.data, part)).decode("ascii")
                return f"data:image/{part.subtype};base64,{octets}"
        return ""


def read(data: bytes, *, prefer_plain: bool = False) -> Letter:
    """Take a message apart; never raises, whatever the message."""
    root = mime.scan(data)
    numbers = {id(part): at for at, part in enumerate(mime.walk(root))}
    bodies = tuple(
        Body(numbers[id(part)], "html" if part.subtype == "html" else "plain", part)
        for part in _shown(root, prefer_plain)
    )[:MOST_SHOWN]
    used = {body.number for body in bodies}
    html = any(body.kind == "html" for body in bodies)
    return Letter(
        data=data,
        root=root,
        subject=_text(root.fields, b"subject"),
        from_=_people(root.fields, b"from"),
        to=_people(root.fields, b"to"),
        cc=_people(root.fields, b"cc"),
        bcc=_people(root.fields, b"bcc"),
        reply_to=_people(root.fields, b"reply-to"),
        date=date.parse(header.first(root.fields, b"date") or b""),
        message_id=_ids(root.fields, b"message-id")[:1][0]
        if _ids(root.fields, b"message-id")
        else "",
        references=_ids(root.fields, b"references") or _ids(root.fields, b"in-reply-to"),
        bodies=bodies,
        attachments=tuple(_attachments(data, root, numbers, used, html)),
    )


def _text(fields: list[Field], name: bytes) -> str:
    return header.decode(header.first(fields, name) or b"").strip()


def _people(fields: list[Field], name: bytes) -> tuple[Mailbox, ...]:
    found: list[Mailbox] = []
    for value in header.every(fields, name):
        found += address_list.mailboxes(value)
    return tuple(found[:1000])


_ID = re.compile(rb"<[^<>\s]{1,900}>")


def _ids(fields: list[Field], name: bytes) -> tuple[str, ...]:
    value = header.first(fields, name) or b""
    return tuple(one.decode("ascii", "replace") for one in _ID.findall(value[:20_000]))


def _shown(part: Part, prefer_plain: bool) -> Iterator[Part]:
    """The parts that make up the text, alternatives decided."""
    if part.children:
        if part.subtype == "alternative":
            yield from _alternative(part, prefer_plain)
        elif part.subtype == "related":
            yield from _shown(part.children[0], prefer_plain)
        else:
            for child in part.children:
                yield from _shown(child, prefer_plain)
    elif part.type == "text" and part.subtype in ("plain", "html") and not _saved(part):
        yield part


def _alternative(part: Part, prefer_plain: bool) -> Iterator[Part]:
    choices = [found for child in part.children if (found := list(_shown(child, prefer_plain)))]
    wanted = "plain" if prefer_plain else "html"
    for found in choices:
        if any(one.subtype == wanted for one in found):
            yield from found
            return
    if choices:
        yield from choices[-1]


def _saved(part: Part) -> bool:
    return part.disposition == "attachment" or (
        bool(part.filename) and part.disposition != "inline"
    )


def _attachments(
    data: bytes, root: Part, numbers: dict[int, int], used: set[int], html: bool
) -> Iterator[Attachment]:
    waiting = [(root, False)]
    while waiting:
        part, resource = waiting.pop()
        if part.children:
            related = part.subtype == "related"
            alternative = part.subtype == "alternative"
            inside = [
                (
                    child,
                    (related and html and bool(child.id) and child.type == "image") or alternative,
                )
                for child in part.children
            ]
            waiting.extend(reversed(inside))
            continue
        number = numbers[id(part)]
        text_choice = resource and part.type == "text" and not _saved(part)
        picture = resource and part.type == "image"
        if number in used or text_choice or picture:
            continue
        if part is root and part.type == "text":
            continue
        yield _attachment(data, part, number)


def _attachment(data: bytes, part: Part, number: int) -> Attachment:
    name = part.filename.strip()
    if not name and part.embedded is not None:
        name = (_text(part.embedded.fields, b"subject")[:80] or "message") + ".eml"
    name = name or f"part-{number}.{_ending(part)}"
    warning = ""
    if _BIDI.search(name):
        warning = "Its name hides its real ending."
        name = _BIDI.sub("", name)
    if _RISKY.search(name):
        warning = warning or "Files of this kind can run programs. Open it only if you expected it."
    encoded = part.end - part.body_start
    size = encoded * 3 // 4 if part.encoding == "base64" else encoded
    return Attachment(number, name[:200], part.content_type, size, warning, part)


def _ending(part: Part) -> str:
    known = {"plain": "txt", "html": "html", "calendar": "ics", "jpeg": "jpg", "rfc822": "eml"}
    if part.subtype in known:
        return known[part.subtype]
    return part.subtype if re.fullmatch(r"[a-z0-9]{1,8}", part.subtype) else "bin"
