"""Writing: new, reply, forward; saving drafts; sending."""

import re
from concurrent.futures import TimeoutError as Late

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from mailcore.auth.identity import Identity
from mailcore.conf.current import snapshot
from mailcore.errors import MailError
from mailcore.mailbox.store import MailStore
from mailcore.message.address_list import Mailbox
from mailcore.message.compose import File, Outgoing
from webmail import composing, sending, sidebar
from webmail.access import identity_of, opened, shared_entries
from webmail.composing import Composer, Source
from webmail.models import preferences_of
from webmail.views.folders import htmx_target

_ID = re.compile(r"<[^<>\s]{1,900}>")


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The composer."""
    identity = identity_of(request)
    with opened(request) as store:
        folders = sidebar.entries(store)
        if request.method == "POST":
            return _posted(request, store, identity, folders)
        composer = _started(request, store, identity, folders)
        return _show(request, composer, folders)


def _show(
    request: HttpRequest, composer: Composer, folders: list[sidebar.Entry], status: int = 200
) -> HttpResponse:
    context = {
        **composing.as_context(composer),
        "folders": folders,
        "shared": shared_entries(request),
        "folder": "",
        "inbox_unseen": folders[0].unseen,
    }
    part = request.headers.get("HX-Request") == "true" and not htmx_target(request)
    template = "webmail/composer.html" if part else "webmail/compose.html"
    return render(request, template, context, status=status)


def _started(
    request: HttpRequest, store: MailStore, identity: Identity, folders: list[sidebar.Entry]
) -> Composer:
    draft = request.GET.get("draft", "")
    if draft.isascii() and draft.isdigit():
        found = composing.from_draft(store, sidebar.special(folders, "drafts"), int(draft))
        if found is None:
            raise Http404("no such draft")
        return found
    signature = preferences_of(request.user).signature
    source = Source.parse(request.GET.get("source", ""))
    if source is not None:
        made = composing.from_source(source, store, identity.address, signature)
        if made is None:
            raise Http404("no such message")
        return made
    return Composer(
        to=_one_line(request.GET.get("to", "")),
        cc=_one_line(request.GET.get("cc", "")),
        subject=_one_line(request.GET.get("subject", "")),
        text=composing.signed("", signature),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:2000]


def _posted(
    request: HttpRequest, store: MailStore, identity: Identity, folders: list[sidebar.Entry]
) -> HttpResponse:
    drafts = sidebar.special(folders, "drafts")
    composer = _typed(request)
    verb = request.POST.get("action", "save")
    if verb == "discard":
        return _discard(request, store, composer, drafts)
    letter = _letter(request, store, identity, composer)
    if verb == "send" and not composer.errors:
        try:
            sending.send(letter, identity, store, sidebar.special(folders, "sent"))
        except Late:
            composer.errors["form"] = "The queue did not answer in time. The draft is kept."
        except MailError as error:
            composer.errors["form"] = str(error)
        else:
            return _sent(request, store, composer, drafts)
    try:
        composer.draft = sending.save_draft(letter, store, drafts, composer.draft)
    except MailError as error:
        composer.errors["form"] = str(error)
    else:
        kept = composing.read_letter(store, drafts, composer.draft)
        composer.kept = composing.kept_of(kept, drafts, composer.draft) if kept else []
        composer.saved = f"Saved {format_date(timezone.localtime(), 'H:i')}"
    if verb == "save":
        for name in ("to", "cc", "bcc"):
            composer.errors.pop(name, None)  # an unfinished draft is no mistake
    return _show(request, composer, folders, 422 if composer.errors else 200)


def _typed(request: HttpRequest) -> Composer:
    """What the form's fields say."""
    draft = request.POST.get("draft", "")
    return Composer(
        to=request.POST.get("to", ""),
        cc=request.POST.get("cc", ""),
        bcc=request.POST.get("bcc", ""),
        subject=_one_line(request.POST.get("subject", "")),
        text=request.POST.get("text", "").replace("\r\n", "\n"),
        draft=int(draft) if draft.isascii() and draft.isdigit() and len(draft) <= 10 else 0,
        source=Source.parse(request.POST.get("source", "")),
        in_reply_to=request.POST.get("in_reply_to", ""),
        references=tuple(_ID.findall(request.POST.get("references", "")[:20_000])),
    )


def _letter(
    request: HttpRequest, store: MailStore, identity: Identity, composer: Composer
) -> Outgoing:
    """The message that the form describes; what is wrong goes into `composer.errors`."""
    people = {}
    for name in ("to", "cc", "bcc"):
        good, wrong = sending.recipients(getattr(composer, name))
        people[name] = good
        if wrong:
            composer.errors[name] = f"“{wrong[0].text[:80]}” is not a mail address."
    letter = Outgoing(
        sender=Mailbox(identity.display_name, *identity.address.rsplit("@", 1)),
        to=people["to"],
        cc=people["cc"],
        bcc=people["bcc"],
        subject=composer.subject,
        text=composer.text,
        files=_files(request, store, composer),
        in_reply_to=composer.in_reply_to if _answers(composer) else "",
        references=composer.references if _answers(composer) else (),
        extra=((sending.SOURCE_FIELD, str(composer.source)),) if composer.source else (),
    )
    if not letter.recipients and not composer.errors:
        composer.errors["to"] = "Say who shall get it."
    if len(letter.recipients) > sending.MOST_RECIPIENTS:
        composer.errors["to"] = f"At most {sending.MOST_RECIPIENTS} recipients, please."
    return letter


def _answers(composer: Composer) -> bool:
    return composer.source is None or composer.source.kind != "forward"


def _files(request: HttpRequest, store: MailStore, composer: Composer) -> tuple[File, ...]:
    files = composing.kept_files(request.POST.getlist("keep"), store)
    for uploaded in request.FILES.getlist("files"):
        kind = uploaded.content_type or "application/octet-stream"
        files.append(File(uploaded.name or "attachment", kind, uploaded.read()))
    limit = snapshot().webmail.message_size
    if sum(len(file.data) for file in files) * 4 // 3 > limit:
        composer.errors["files"] = f"Attachments may have {limit // 1_048_576} MB together."
        return ()
    return tuple(files)


def _sent(request: HttpRequest, store: MailStore, composer: Composer, drafts: str) -> HttpResponse:
    """The draft goes, the answered message is marked, and back to where one was."""
    if composer.draft:
        store.folder(drafts).expunge([composer.draft], for_good=True)
    messages.success(request, "Message sent.")
    source = composer.source
    if source is None:
        return redirect("mail-home")
    flag = "$Forwarded" if source.kind == "forward" else "\\Answered"
    try:
        store.folder(source.folder).set_flags([source.uid], add=[flag])
    except MailError:
        return redirect("mail-home")
    return redirect("mail-folder", source.folder)


def _discard(
    request: HttpRequest, store: MailStore, composer: Composer, drafts: str
) -> HttpResponse:
    if composer.draft:
        store.folder(drafts).expunge([composer.draft])
    messages.success(request, "Draft discarded.")
    return redirect("mail-home")
