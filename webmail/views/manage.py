"""Making, renaming and deleting folders."""

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from mailcore.errors import MailError
from mailcore.mailbox.store import MailStore
from webmail import sidebar
from webmail.access import opened, reach, shared_entries

_BAD = re.compile(r"[\x00-\x1f\x7f./\\]")


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """A table of folders with what may be done to them."""
    with opened(request) as store:
        if request.method == "POST":
            try:
                messages.success(request, _change(request, store))
            except MailError as error:
                messages.error(request, str(error))
            return redirect("mail-manage")
        folders = sidebar.entries(store)
        context = {
            "folders": folders,
            "shared": shared_entries(request),
            "sharing": reach(request).sharers is not None,
            "folder": "",
            "inbox_unseen": folders[0].unseen,
        }
        return render(request, "webmail/manage.html", context)


def _change(request: HttpRequest, store: MailStore) -> str:
    verb, name = request.POST.get("do", ""), request.POST.get("name", "").strip()[:100]
    old = request.POST.get("folder", "")
    known = {one.name: one for one in sidebar.entries(store)}
    if verb == "create":
        if not name or _BAD.search(name):
            raise MailError("A folder’s name has no dots or slashes.")
        parent = request.POST.get("parent", "")
        parent = parent if parent in known else "INBOX"
        store.create(f"{parent}.{name}")
        store.subscribe(f"{parent}.{name}", True)
        return f"Folder {name} made."
    if old not in known or known[old].kind:
        raise MailError("That folder is needed.")
    if verb == "rename":
        if not name or _BAD.search(name):
            raise MailError("A folder’s name has no dots or slashes.")
        store.rename(old, f"{old.rpartition('.')[0]}.{name}")
        return f"{known[old].label} is called {name} now."
    if verb == "delete":
        if request.POST.get("typed", "").strip() != known[old].label:
            raise MailError("The name was not typed; nothing was deleted.")
        store.delete(old)
        return f"Folder {known[old].label} deleted."
    raise MailError("Nothing was done.")
