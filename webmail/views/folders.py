"""The mail page: folders, a page of messages, the open message."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from mailcore.conf.current import snapshot
from mailcore.mailbox import rights
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.listing import MessageRow, Position
from mailcore.mailbox.store import MailStore
from webmail import question, sidebar
from webmail.access import Spot, account_of, opened, quota_of, shared_entries, spot_or_404
from webmail.reading import Reading, open_message

_POSITION = re.compile(r"(\d{1,12})\.(\d{1,10})")
MOST_FOUND = 5000


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a folder or of what a search found."""

    rows: list[MessageRow]
    older: str
    found: int | None
    is_first: bool


@dataclass(slots=True)
class Asked:
    """What the address says about the list."""

    q: str = ""
    unread: bool = False
    before: Position | None = None
    parameters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        q = request.GET.get("q", "").strip()[: question.LONGEST]
        unread = request.GET.get("unread") == "1"
        place = _POSITION.fullmatch(request.GET.get("before", ""))
        before = Position(int(place[1]), int(place[2])) if place else None
        kept = {**({"q": q} if q else {}), **({"unread": "1"} if unread else {})}
        return cls(q, unread, before, kept)

    @property
    def suffix(self) -> str:
        """What links within the list carry on."""
        return f"?{urlencode(self.parameters)}" if self.parameters else ""


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the inbox, or the special folder that `to` names."""
    wanted = request.GET.get("to", "")
    name = "INBOX"
    if wanted:
        with opened(request) as store:
            name = sidebar.special(sidebar.entries(store), wanted)
    return redirect("mail-folder", name)


@login_required
@require_safe
def folder(request: HttpRequest, name: str) -> HttpResponse:
    """The folder `name`; for htmx only the part that changes."""
    with opened(request) as store:
        return respond(request, store, name)


@login_required
@require_safe
def message(request: HttpRequest, name: str, uid: int) -> HttpResponse:
    """The same with a message open."""
    with opened(request) as store:
        return respond(request, store, name, uid)


def respond(
    request: HttpRequest, store: MailStore, name: str, uid: int = 0, *, target: str = ""
) -> HttpResponse:
    """The whole page, or the fragment that `target` (or htmx) wants."""
    with spot_or_404(request, store, name) as spot:
        return _respond(request, store, spot, uid, target or htmx_target(request))


def _respond(
    request: HttpRequest, store: MailStore, spot: Spot, uid: int, target: str
) -> HttpResponse:
    spot.folder.sync()
    marks = rights.SEEN in spot.rights
    reading = open_message(request, spot.folder, uid, marks=marks) if uid else None
    if uid and reading is None:
        raise Http404("no such message")
    if target == "reader":
        return _reader(request, store, spot, reading)
    asked = Asked.of(request)
    context = _list_context(request, store, spot, asked)
    if target == "more":
        return render(request, "webmail/rows.html", context)
    if target != "list":
        context["reading"] = reading
        context["quota"] = _quota(request, store)
    context["open_uid"] = uid
    template = {"list": "webmail/list_update.html", "panes": "webmail/panes_update.html"}
    return render(request, template.get(target, "webmail/mail.html"), context)


def htmx_target(request: HttpRequest) -> str:
    """The id of the element htmx will fill, if it was htmx that asked."""
    if request.headers.get("HX-Request") != "true":
        return ""
    return request.headers.get("HX-Target", "").partition("#")[2]


def _reader(
    request: HttpRequest, store: MailStore, spot: Spot, reading: Reading | None
) -> HttpResponse:
    context: dict[str, Any] = {"reading": reading, "folder": spot.name, "partial": True}
    context["may"] = may(spot)
    if reading is not None and reading.was_unread:
        _add_folders(context, request, store, spot)
    return render(request, "webmail/reader_update.html", context)


def may(spot: Spot) -> dict[str, bool]:
    """What the buttons of a folder offer: a folder of somebody else's is not tidied up here."""
    return {
        "own": spot.is_own,
        "mark": rights.SEEN in spot.rights,
        "star": rights.WRITE in spot.rights,
    }


def _list_context(
    request: HttpRequest, store: MailStore, spot: Spot, asked: Asked
) -> dict[str, Any]:
    context: dict[str, Any] = {"asked": asked, "folder": spot.name, "may": may(spot)}
    _add_folders(context, request, store, spot)
    context["listed"] = _listed(spot.folder, asked)
    return context


def _add_folders(
    context: dict[str, Any], request: HttpRequest, store: MailStore, spot: Spot
) -> None:
    folders = sidebar.entries(store)
    context["folders"] = folders
    context["shared"] = shared_entries(request)
    if spot.is_own:
        context["current"] = next(one for one in folders if one.name == spot.name)
    else:
        summary = spot.folder.summary()
        context["current"] = sidebar.entry_of(spot.place, summary.unseen, summary.exists)
    context["inbox_unseen"] = folders[0].unseen


def _listed(place: Folder, asked: Asked) -> Listed:
    size = snapshot().webmail.page_size
    query = question.parse(asked.q)
    found: int | None = None
    if query is None:
        rows = place.page(asked.before, size + 1, unseen_only=asked.unread)
    else:
        uids = place.search(query, newest_first=True)[:MOST_FOUND]
        found = len(uids)
        start = uids.index(asked.before.uid) + 1 if asked.before and asked.before.uid in uids else 0
        rows = place.rows(uids[start : start + size + 1])
    older = ""
    if len(rows) > size:
        rows = rows[:size]
        last = rows[-1].position
        parameters = {**asked.parameters, "before": f"{last.internal_date}.{last.uid}"}
        older = f"?{urlencode(parameters)}"
    return Listed(rows, older, found, asked.before is None)


def _quota(request: HttpRequest, store: MailStore) -> dict[str, Any]:
    limit = quota_of(account_of(request))
    usage = store.quota(limit)
    share = min(100, usage.octets * 100 // limit.octets) if limit.octets else 0
    return {"octets": usage.octets, "limit": limit.octets, "share": share}
