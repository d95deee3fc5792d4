"""An open message: what the reading page prints."""

from dataclasses import dataclass

from django.http import HttpRequest

from mailcore.conf.current import snapshot
from mailcore.errors import StoreError
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.listing import MessageRow
from webmail import letter as letters
from webmail import sanitise
from webmail.letter import Letter
from webmail.models import TrustedSender
from webmail.plaintext import Block, blocks


@dataclass(frozen=True, slots=True)
class ShownBody:
    """One body: blocks of plain text, or the number of the part to show in a frame."""

    number: int
    kind: str
    blocks: tuple[Block, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A message with its row; `remote` says whether pictures of others are shown."""

    uid: int
    row: MessageRow
    letter: Letter
    bodies: tuple[ShownBody, ...]
    was_unread: bool
    remote: bool
    has_remote: bool
    plain: bool
    has_html: bool
    unsubscribe: str


def open_message(
    request: HttpRequest, folder: Folder, uid: int, *, marks: bool = True
) -> Reading | None:
    """Read the message and, where that is permitted, mark it as read; None when it is gone."""
    row = folder.row(uid)
    if row is None:
        return None
    try:
        data = folder.read(uid)
    except StoreError:
        return None
    plain = request.GET.get("plain") == "1"
    letter = letters.read(data, prefer_plain=plain)
    was_unread = not row.seen
    if was_unread and marks and request.method == "GET":
        folder.set_flags([uid], add=["\\Seen"])
        row = folder.row(uid) or row
    remote = may_load_remote(request, letter)
    return Reading(
        uid=uid,
        row=row,
        letter=letter,
        bodies=tuple(_shown(letter, body) for body in letter.bodies),
        was_unread=was_unread,
        remote=remote,
        has_remote=any(
            body.kind == "html" and sanitise.mentions_remote(letter.text_of(body.part))
            for body in letter.bodies
        ),
        plain=plain,
        has_html=plain or any(body.kind == "html" for body in letter.bodies),
        unsubscribe=unsubscribe_address(letter),
    )


def may_load_remote(request: HttpRequest, letter: Letter) -> bool:
    """Asked for now, always for this sender, or always for everybody."""
    if request.GET.get("images") == "1" or snapshot().webmail.remote_images:
        return True
    sender = letter.sender.address.lower()
    trusted = TrustedSender.objects.filter(
        account__address=request.user.get_username(), address=sender
    )
    return bool(sender) and trusted.exists()


def unsubscribe_address(letter: Letter) -> str:
    """The mailto of List-Unsubscribe (RFC 2369) as an address to write to, or an https link."""
    value = letter.field(b"list-unsubscribe")[:2000]
    for part in value.split(","):
        link = part.strip().strip("<>").strip()
        if link.lower().startswith("https://") and " " not in link:
            return link
    return ""


def _shown(letter: Letter, body: letters.Body) -> ShownBody:
    if body.kind == "html":
        return ShownBody(body.number, "html")
    return ShownBody(body.number, "plain", tuple(blocks(letter.text_of(body.part))))
