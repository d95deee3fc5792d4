"""Recently deleted: what was expunged and can still be put back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from mailcore.accounts.retention import keeps_expunged
from mailcore.conf.current import snapshot
from mailcore.errors import MailError
from mailcore.mailbox import undelete
from mailcore.mailbox.store import MailStore
from mailcore.maildir import vault
from webmail import sidebar
from webmail.access import account_of, opened, quota_of, shared_entries

MOST_AT_ONCE = 5000


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """GET lists a page of them; POST puts back those in `id`, or the one a row's button names."""
    with opened(request) as store:
        if request.method == "POST":
            _restore(request, store)
            return redirect("mail-deleted")
        size = snapshot().webmail.page_size
        number = _number(request.GET.get("page", ""))
        kept = vault.listing(store.maildir)
        folders = sidebar.entries(store)
        labels = {one.name: one.label for one in folders}
        shown = undelete.previews(kept[(number - 1) * size : number * size])
        context = {
            "folders": folders,
            "shared": shared_entries(request),
            "folder": "",
            "place": "deleted",
            "inbox_unseen": folders[0].unseen,
            "rows": [(one, labels.get(one.kept.folder, "Inbox")) for one in shown],
            "count": len(kept),
            "older": number + 1 if len(kept) > number * size else 0,
            "newer": number - 1,
            "days": snapshot().mailboxes.undelete_days,
            "is_kept": keeps_expunged(),
        }
        return render(request, "webmail/deleted.html", context)


def _restore(request: HttpRequest, store: MailStore) -> None:
    verb, _, one = request.POST.get("do", "").partition(":")
    wanted = {one} if one else set(request.POST.getlist("id")[:MOST_AT_ONCE])
    if verb != "restore" or not wanted:
        messages.info(request, "Nothing is selected.")
        return
    try:
        count = undelete.restore(store, wanted, quota=quota_of(account_of(request)))
    except MailError as error:
        messages.error(request, str(error))
        return
    if count:
        messages.success(
            request, "Message restored." if count == 1 else f"{count} messages restored."
        )
    else:
        messages.info(request, "They are not here any more.")


def _number(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) <= 6 else 1
