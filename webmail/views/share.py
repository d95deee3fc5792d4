"""Sharing a folder: who may read it, write in it, manage it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from mailcore.errors import MailError
from mailcore.mailbox import access, rights
from mailcore.mailbox.access import Change
from mailcore.mailbox.store import MailStore
from webmail import sharing, sidebar
from webmail.access import account_of, folder_or_404, opened, reach, shared_entries


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Who a folder is shared with; POST gives somebody a level, or takes it back."""
    name = request.GET.get("folder", "")
    if reach(request).sharers is None:
        raise Http404("sharing is switched off")
    with opened(request) as store:
        folder_or_404(store, name)
        if request.method == "POST":
            try:
                messages.success(request, _change(request, store, name))
            except MailError as error:
                messages.error(request, str(error))
            return redirect(reverse("mail-share") + "?" + urlencode({"folder": name}))
        folders = sidebar.entries(store)
        directory = store.row(name).directory
        context = {
            "folders": folders,
            "shared": shared_entries(request),
            "folder": "",
            "inbox_unseen": folders[0].unseen,
            "current": next(one for one in folders if one.name == store.row(name).name),
            "shares": sharing.shares(access.entries(store.maildir, directory)),
            "levels": sharing.LEVELS,
            "everybody": sharing.everybody(request),
        }
        return render(request, "webmail/share.html", context)


def _change(request: HttpRequest, store: MailStore, name: str) -> str:
    owner = account_of(request).address
    verb, _, identifier = request.POST.get("do", "").partition(":")
    if verb == "remove":
        access.change(store, name, Change(identifier[:300], rights.NONE), owner=owner)
        return "It is not shared with them any more."
    level = sharing.level(request.POST.get("level", ""))
    who = request.POST.get("who", "").strip().lower()[:320]
    if verb != "give" or level is None:
        raise MailError("Nothing was done.")
    if request.POST.get("everybody") == "1":
        identifier = rights.ANYONE
    elif who == owner:
        raise MailError("It is your own folder.")
    elif not any(one.address == who for one in (reach(request).sharers or tuple)()):
        raise MailError("There is no such account to share with.")
    else:
        identifier = f"user={who}"
    access.change(store, name, Change(identifier, level.rights), owner=owner)
    return "Shared."
