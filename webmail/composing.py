"""The composer's state: what a form, a draft or an original message puts into it."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import nh3
from django.template.defaultfilters import date as format_date
from django.utils import timezone

from mailcore.errors import StoreError
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.store import MailStore
from mailcore.message import compose, mime
from mailcore.message.address_list import Mailbox
from mailcore.message.compose import File
from webmail import letter as letters
from webmail.letter import Letter
from webmail.sending import SOURCE_FIELD

KINDS = ("reply", "all", "forward")
_SOURCE = re.compile(r"(reply|all|forward);(\d{1,10});([^\x00-\x1f]{1,300})")
_KEPT = re.compile(r"(\d{1,10}):(\d{1,5}):([^\x00-\x1f]{1,300})")


@dataclass(frozen=True, slots=True)
class Source:
    """The message that is answered or passed on."""

    kind: str
    folder: str
    uid: int

    def __str__(self) -> str:
        return f"{self.kind};{self.uid};{self.folder}"

    @classmethod
    def parse(cls, text: str) -> "Source | None":
        found = _SOURCE.fullmatch(text)
        return cls(found[1], found[3], int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Kept:
    """An attachment that is in the store already: in the draft or in the forwarded message."""

    uid: int
    number: int
    folder: str
    name: str
    size: int

    @property
    def value(self) -> str:
        return f"{self.uid}:{self.number}:{self.folder}"


@dataclass(slots=True)
class Composer:
    """What the composer's fields hold."""

    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    draft: int = 0
    source: Source | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    kept: list[Kept] = field(default_factory=list)
    saved: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        names = {"reply": "Reply", "all": "Reply to all", "forward": "Forward"}
        return names[self.source.kind] if self.source else "New message"


def shown(people: tuple[Mailbox, ...]) -> str:
    """Mailboxes as people type them: names in their own script, quoted where it matters."""
    return ", ".join(_shown_one(one) for one in people if one.address)


def _shown_one(one: Mailbox) -> str:
    name = re.sub(r"[\x00-\x1f\x7f<>\"\\]", " ", one.name).strip()
    if not name or name == one.address:
        return one.address
    if re.search(r"[,;:@()\[\]]", name):
        name = f'"{name}"'
    return f"{name} <{one.address}>"


def read_letter(store: MailStore, folder: str, uid: int) -> Letter | None:
    """The message, or None when folder or message is gone."""
    try:
        return letters.read(store.folder(folder).read(uid), prefer_plain=True)
    except (MailboxMissing, StoreError):
        return None


def from_source(source: Source, store: MailStore, own: str, signature: str) -> Composer | None:
    """A reply to or a forward of a message; None when it is gone."""
    letter = read_letter(store, source.folder, source.uid)
    if letter is None:
        return None
    references = (*letter.references, letter.message_id) if letter.message_id else letter.references
    made = Composer(source=source, in_reply_to=letter.message_id, references=references)
    body = _plain(letter)
    if source.kind == "forward":
        made.subject = compose.forward_subject(letter.subject)
        made.text = signed("", signature) + _forwarded(letter, body)
        made.kept = kept_of(letter, source.folder, source.uid)
        return made
    to, cc = compose.reply_recipients(
        sender=letter.from_,
        reply_to=letter.reply_to,
        to=letter.to,
        cc=letter.cc,
        own=own,
        everybody=source.kind == "all",
    )
    made.to, made.cc = shown(to), shown(cc)
    made.subject = compose.reply_subject(letter.subject)
    made.text = (
        signed("", signature) + "\n\n" + compose.quoted(_unsigned(body), _attribution(letter))
    )
    return made


def from_draft(store: MailStore, drafts: str, uid: int) -> Composer | None:
    """A draft taken up again; None when it is gone."""
    letter = read_letter(store, drafts, uid)
    if letter is None:
        return None
    source = Source.parse(letter.field(SOURCE_FIELD.lower().encode()))
    replied = letter.field(b"in-reply-to")
    return Composer(
        to=shown(letter.to),
        cc=shown(letter.cc),
        bcc=shown(letter.bcc),
        subject=letter.subject,
        text=_plain(letter),
        draft=uid,
        source=source,
        in_reply_to=replied,
        references=letter.references,
        kept=kept_of(letter, drafts, uid),
    )


def kept_of(letter: Letter, folder: str, uid: int) -> list[Kept]:
    """The message's attachments as the composer lists them."""
    return [Kept(uid, one.number, folder, one.name, one.size) for one in letter.attachments]


def kept_files(values: list[str], store: MailStore) -> list[File]:
    """The attachments a form wants kept, read from the store; those that are gone are not."""
    files: list[File] = []
    cache: dict[tuple[str, int], Letter | None] = {}
    for value in values[:200]:
        found = _KEPT.fullmatch(value)
        if not found:
            continue
        key = (found[3], int(found[1]))
        if key not in cache:
            cache[key] = read_letter(store, *key)
        letter = cache[key]
        part = (
            next((one for one in letter.attachments if one.number == int(found[2])), None)
            if letter
            else None
        )
        if letter and part:
            data = mime.decoded(letter.data, part.part)
            files.append(File(part.name, part.content_type, data))
    return files


def signed(text: str, signature: str) -> str:
    """Room to write in, and the signature below it."""
    return f"{text}\n\n-- \n{signature}" if signature else text


def _plain(letter: Letter) -> str:
    texts = []
    for body in letter.bodies:
        text = letter.text_of(body.part)
        texts.append(text if body.kind == "plain" else as_text(text))
    return "\n".join(texts)[:200_000]


_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/h[1-6]|/li|/blockquote|/table)\b[^<>]*>", re.I)
_GONE = re.compile(r"<(style|script|title|head)\b.*?</\1\s*>", re.I | re.S)


def as_text(html: str) -> str:
    """HTML as plain text for quoting: sanitised to nothing but text first."""
    spaced = _BREAKS.sub("\n", _GONE.sub("", html[:400_000]))
    text = unescape(nh3.clean(spaced, tags=set(), strip_comments=True))
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _unsigned(text: str) -> str:
    """The text without the sender's signature; what was quoted below it stays."""
    head, mark, tail = text.partition("\n-- \n")
    quote = re.search(r"^>", tail, re.MULTILINE) if mark else None
    return f"{head}\n\n{tail[quote.start() :]}" if quote else head


def _attribution(letter: Letter) -> str:
    who = letter.sender.name or letter.sender.address or "somebody"
    if letter.date is None:
        return f"{who} wrote:"
    return f"On {format_date(timezone.localtime(letter.date), 'j F Y, H:i')}, {who} wrote:"


def _forwarded(letter: Letter, body: str) -> str:
    lines = ["", "", "-------- Forwarded message --------", f"Subject: {letter.subject}"]
    if letter.date is not None:
        lines.append(f"Date: {format_date(timezone.localtime(letter.date), 'j F Y, H:i')}")
    lines.append(f"From: {shown(letter.from_)}")
    lines.append(f"To: {shown(letter.to)}")
    return "\n".join([*lines, "", body])


def as_context(composer: Composer) -> dict[str, Any]:
    """For the template."""
    return {"composer": composer, "source": str(composer.source) if composer.source else ""}
