"""Doing something with messages: flags, moving, deleting; and undoing it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from mailcore.errors import MailError
from mailcore.mailbox import rights
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.store import MailStore
from webmail import question, sidebar, undoing
from webmail.access import Spot, account_of, folder_or_404, opened, spot_or_404
from webmail.undoing import Reversal
from webmail.views.folders import respond

MOST_AT_ONCE = 5000
_ACTION = re.compile(r"([a-z]{2,10})(?::(\d{1,10}))?")


@dataclass(frozen=True, slots=True)
class Done:
    """What to say, and how to take it back."""

    text: str
    reversal: Reversal | None = None


@login_required
@require_POST
def act(request: HttpRequest, name: str) -> HttpResponse:
    """`do` is a verb, or `verb:uid` from a button of one row; `uid` the selected rows."""
    asked = _ACTION.fullmatch(request.POST.get("do", ""))
    open_uid = _number(request.POST.get("open", ""))
    with opened(request) as store, spot_or_404(request, store, name) as spot:
        folder = spot.folder
        folder.sync()
        uids = [int(asked[2])] if asked and asked[2] else _chosen(request, folder)
        verb = asked[1] if asked else ("move" if request.POST.get("target") else "")
        if verb == "empty":
            uids = list(folder.uids())[:MOST_AT_ONCE]
        if not uids:
            messages.info(request, "Nothing is selected.")
        elif not _may(spot, verb):
            messages.error(request, "You may not do that in this folder.")
        elif verb in VERBS:
            _perform(request, store, spot, verb, uids)
        if not spot.is_own:
            return _answer(request, store, spot.name, open_uid)
        stays = open_uid and folder.row(open_uid) is not None
        closing = verb == "unread" and open_uid in uids
        return _answer(request, store, name, open_uid if stays and not closing else 0)


@login_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Do what the note says; it is ours, and only for this account."""
    account = account_of(request).id
    note = undoing.read(request.POST.get("token", ""), account)
    if note is None:
        messages.error(request, "It is too late to undo that.")
        return redirect("mail-home")
    with opened(request) as store:
        folder = folder_or_404(store, note.folder)
        folder.sync()
        try:
            if note.target:
                folder.move(note.uids, note.target)
            else:
                folder.set_flags(note.uids, add=note.add, remove=note.remove)
            messages.success(request, "Undone.")
        except MailError as error:
            messages.error(request, str(error))
        return _answer(request, store, note.target or note.folder, 0)


def _may(spot: Spot, verb: str) -> bool:
    """By the rights in the folder; one of somebody else's is not tidied up here."""
    if verb in FLAGGING:
        return FLAGGING[verb] in spot.rights
    return spot.is_own and spot.rights >= {rights.DELETE, rights.EXPUNGE}


def _perform(
    request: HttpRequest, store: MailStore, spot: Spot, verb: str, uids: list[int]
) -> None:
    try:
        done = VERBS[verb](request, store, spot.folder, uids)
    except MailError as error:
        messages.error(request, str(error))
        return
    if done.text:
        # What an undo names is looked for among the person's own folders.
        token = undoing.token(done.reversal) if done.reversal and spot.is_own else ""
        messages.success(request, done.text, extra_tags=token)


def _answer(request: HttpRequest, store: MailStore, name: str, uid: int) -> HttpResponse:
    """To where the reader was."""
    place = (
        reverse("mail-message", args=[name, uid]) if uid else reverse("mail-folder", args=[name])
    )
    suffix = "?" + request.GET.urlencode() if request.GET else ""
    if request.headers.get("HX-Request") != "true":
        return redirect(place + suffix)
    response = respond(request, store, name, uid, target="panes")
    response["HX-Push-Url"] = place + suffix
    return response


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0


def _chosen(request: HttpRequest, folder: Folder) -> list[int]:
    """The ticked rows, or everything that the search found."""
    if request.POST.get("everything") == "1":
        query = question.parse(request.GET.get("q", ""))
        found = folder.search(query) if query else list(folder.uids())
        return found[:MOST_AT_ONCE]
    return [uid for one in request.POST.getlist("uid")[:MOST_AT_ONCE] if (uid := _number(one))]


def _count(uids: list[int], what: str) -> str:
    return f"Message {what}." if len(uids) == 1 else f"{len(uids)} messages {what}."


def _mover(kind: str, what: str) -> Callable[..., Done]:
    def move(request: HttpRequest, store: MailStore, folder: Folder, uids: list[int]) -> Done:
        target = sidebar.special(sidebar.entries(store), kind) if kind else "INBOX"
        return _moved(request, folder, uids, target, what)

    return move


def _moved(request: HttpRequest, folder: Folder, uids: list[int], target: str, what: str) -> Done:
    if target == folder.name:
        return Done("They are there already.")
    pairs = folder.move(uids, target)
    if not pairs:
        return Done("They are not here any more.")
    account = account_of(request).id
    back = Reversal(account, target, tuple(new for _, new in pairs), target=folder.name)
    return Done(_count([old for old, _ in pairs], what), back)


def _move_to(request: HttpRequest, store: MailStore, folder: Folder, uids: list[int]) -> Done:
    target = request.POST.get("target", "")
    label = next((one.label for one in sidebar.entries(store) if one.name == target), "")
    if not label:
        return Done("Choose a folder to move to.")
    return _moved(request, folder, uids, target, f"moved to {label}")


def _delete(request: HttpRequest, store: MailStore, folder: Folder, uids: list[int]) -> Done:
    """Into the trash; out of the trash, for good."""
    trash = sidebar.special(sidebar.entries(store), "trash")
    if folder.name != trash:
        return _moved(request, folder, uids, trash, "deleted")
    return Done(_count(folder.expunge(uids), "deleted for good"))


def _flagger(
    *, add: tuple[str, ...] = (), remove: tuple[str, ...] = (), what: str = ""
) -> Callable[..., Done]:
    def change(request: HttpRequest, store: MailStore, folder: Folder, uids: list[int]) -> Done:
        folder.set_flags(uids, add=add, remove=remove)
        if not what or len(uids) == 1:
            return Done("")
        account = account_of(request).id
        back = Reversal(account, folder.name, tuple(uids), add=remove, remove=add)
        return Done(_count(uids, what), back)

    return change


FLAGGING = {
    "read": rights.SEEN,
    "unread": rights.SEEN,
    "star": rights.WRITE,
    "unstar": rights.WRITE,
}
"""The right that each verb about flags needs."""

VERBS: dict[str, Callable[..., Done]] = {
    "archive": _mover("archive", "archived"),
    "inbox": _mover("", "moved to Inbox"),
    "junk": _mover("junk", "moved to Spam"),
    "trash": _delete,
    "empty": _delete,
    "move": _move_to,
    "read": _flagger(add=("\\Seen",), what="marked as read"),
    "unread": _flagger(remove=("\\Seen",), what="marked as unread"),
    "star": _flagger(add=("\\Flagged",)),
    "unstar": _flagger(remove=("\\Flagged",)),
}
