"""Parts of a message: the HTML frame, attachments, the original."""

import re

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from mailcore.errors import StoreError
from mailcore.message import compose, header, mime
from webmail import letter as letters
from webmail import sanitise, sidebar
from webmail.access import account_of, opened, spot_or_404
from webmail.letter import Letter
from webmail.models import TrustedSender
from webmail.reading import may_load_remote

FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "img-src data:{images}; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
HIDDEN = ("junk", "trash", "drafts")
FILE_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
HARMLESS = frozenset({"text/plain", "image/png", "image/jpeg", "image/gif", "image/webp",
                      "application/pdf", "application/zip"})  # fmt: skip


def letter_or_404(request: HttpRequest, name: str, uid: int) -> Letter:
    """The message, taken apart."""
    with opened(request) as store, spot_or_404(request, store, name) as spot:
        try:
            return letters.read(spot.folder.read(uid))
        except StoreError:
            raise Http404("no such message") from None


@login_required
@require_safe
@xframe_options_sameorigin
def frame(request: HttpRequest, name: str, uid: int, number: int) -> HttpResponse:
    """An HTML body as a document of its own that may do nothing."""
    letter = letter_or_404(request, name, uid)
    part = letter.part(number)
    if part is None or part.content_type != "text/html":
        raise Http404("no such part")
    remote = may_load_remote(request, letter)
    cleaned = sanitise.clean(letter.text_of(part), inline=letter.inline, remote=remote)
    response = render(
        request, "webmail/frame.html", {"html": cleaned.html, "subject": letter.subject}
    )
    response["Content-Security-Policy"] = FRAME_POLICY.format(
        images=" https: http:" if remote else ""
    )
    response["Referrer-Policy"] = "no-referrer"
    return response


@login_required
@require_safe
def attachment(request: HttpRequest, name: str, uid: int, number: int) -> HttpResponse:
    """A part to save; never shown by the browser, never guessed at."""
    letter = letter_or_404(request, name, uid)
    part = letter.part(number)
    if part is None or part.children:
        raise Http404("no such part")
    found = next((one for one in letter.attachments if one.number == number), None)
    title = found.name if found else f"part-{number}"
    kind = part.content_type if part.content_type in HARMLESS else "application/octet-stream"
    return _download(mime.decoded(letter.data, part), kind, title)


@login_required
@require_safe
def source(request: HttpRequest, name: str, uid: int) -> HttpResponse:
    """The message as it is, as a file."""
    letter = letter_or_404(request, name, uid)
    title = re.sub(r"\s+", " ", letter.subject)[:80].strip() or "message"
    return _download(letter.data, "message/rfc822", f"{title}.eml")


@login_required
@require_safe
def original(request: HttpRequest, name: str, uid: int) -> HttpResponse:
    """Header fields as a table, and the raw text."""
    letter = letter_or_404(request, name, uid)
    block, _ = header.split(letter.data)
    rows = [
        (field.raw_name.decode("ascii", "replace"), header.decode(field.value)[:4000])
        for field in header.fields(block)[:500]
    ]
    raw = letter.data[:200_000].decode("utf-8", "replace").replace("\r\n", "\n")
    return render(
        request,
        "webmail/original.html",
        {
            "folder": name,
            "uid": uid,
            "letter": letter,
            "fields": rows,
            "raw": raw,
            "cut": len(letter.data) > 200_000,
        },
    )


@login_required
@require_safe
def conversation(request: HttpRequest, name: str, uid: int) -> HttpResponse:
    """The other messages of the thread, wherever they are; spam and trash only from within."""
    with opened(request) as store:
        with spot_or_404(request, store, name) as spot:
            row = spot.folder.row(uid)
            of_others = not spot.is_own
        if row is None:
            raise Http404("no such message")
        folders = {one.name: one for one in sidebar.entries(store)}
        hidden = {one.name for one in folders.values() if one.kind in HIDDEN} - {name}
        found = [
            (folders[where], one)
            for where, one in store.conversation(row.thread_id)
            if where in folders and where not in hidden
        ]
        if of_others:  # a thread there may go on in folders that are not shared
            found = []
    context = {"found": found, "folder": name, "uid": uid, "row": row}
    part = request.headers.get("HX-Request") == "true"
    template = "webmail/thread.html" if part else "webmail/conversation.html"
    return render(request, template, context)


@login_required
@require_POST
def trust(request: HttpRequest, name: str, uid: int) -> HttpResponse:
    """Always load the pictures of this sender from now on."""
    letter = letter_or_404(request, name, uid)
    sender = letter.sender.address.lower()
    if sender:
        TrustedSender.objects.get_or_create(account_id=account_of(request).id, address=sender[:320])
    return redirect("mail-message", name, uid)


def _download(data: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = compose.disposition_value(name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = FILE_POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
