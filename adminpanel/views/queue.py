"""The queue, and the life of a message."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from adminpanel.permissions import administrator
from mailcore.queue import control, ids, steering, trace
from mailcore.queue.entry import TraceEvent

ROWS = 50
LEVELS = {
    "delivered": "good", "relayed": "good", "expanded": "good", "released": "good",
    "forwarded": "good", "discarded": "good",
    "deferred": "warn", "delayed": "warn", "held": "warn", "retried": "warn",
    "failed": "bad", "rejected": "bad", "cancelled": "bad", "bounced": "bad", "expired": "bad",
}  # fmt: skip
WORDS = {
    "queued": "Accepted into the queue",
    "delivered": "Delivered",
    "relayed": "Handed over to the next server",
    "expanded": "Sent on to several",
    "forwarded": "Sent on, as its recipient's instructions say",
    "discarded": "Discarded, as its recipient's instructions say",
    "deferred": "Put off; will be tried again",
    "delayed": "Sender told about the delay",
    "failed": "Could not be delivered",
    "held": "Put on hold",
    "released": "Released",
    "retried": "Tried again on request",
    "cancelled": "Cancelled",
    "bounced": "Failure report sent",
    "returned": "Returned to its sender on request",
    "rerouted": "Sent another way",
    "dialogue": "What was said",
    "reported": "Report sent to the sender",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a message's life as the page prints it."""

    event: TraceEvent
    level: str
    words: str
    text_id: str


@administrator
def listing(request: HttpRequest) -> HttpResponse:
    """Messages that wait, oldest first; `q` is part of an address, `held` only those."""
    after = request.GET.get("after", "")
    search = request.GET.get("q", "").strip()[:320]
    held = request.GET.get("held") == "1"
    found = control.listing(
        limit=ROWS + 1,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
        address=search,
        held=held,
    )
    more = ""
    if len(found) > ROWS:
        found = found[:ROWS]
        parameters = {"q": search, "held": "1" if held else "", "after": str(found[-1].id)}
        more = "?" + urlencode({key: value for key, value in parameters.items() if value})
    return render(
        request,
        "adminpanel/queue.html",
        {"found": found, "search": search, "held": held, "more": more},
    )


@administrator
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Hold, release, retry or cancel the ticked messages."""
    numbers = [number for one in request.POST.getlist("id")[:1000] if (number := _parse(one))]
    verb = VERBS.get(request.POST.get("do", ""))
    if request.POST.get("do") == "retry-all":
        count = control.retry(None, by=request.user.get_username())
        messages.success(request, f"{count} recipients are tried again now.")
    elif not numbers:
        messages.info(request, "Nothing is selected.")
    elif verb is not None:
        messages.success(request, verb(numbers, request.user.get_username()))
    back = request.POST.get("back", "")
    if back and _parse(back):
        return redirect("admin-message", back)
    return redirect("admin-queue")


@administrator
def message(request: HttpRequest, id: str) -> HttpResponse:
    """What happened to a message, and what can still be done."""
    number = _parse(id)
    life = trace.life(number) if number else []
    queued = control.show(number) if number else None
    if not life and queued is None:
        raise Http404("no such message")
    return render(
        request,
        "adminpanel/message.html",
        {"id": ids.text(number), "queued": queued, "life": [_step(one) for one in life]},
    )


@administrator
def find(request: HttpRequest) -> HttpResponse:
    """Where is my mail?  `q` is a queue id or an address."""
    asked = request.GET.get("q", "").strip()[:320]
    number = _parse(asked)
    if number and (trace.life(number) or control.show(number)):
        return redirect(reverse("admin-message", args=[ids.text(number)]))
    found = [_step(one) for one in trace.search(asked)] if asked else []
    return render(request, "adminpanel/trace.html", {"search": asked, "found": found})


def _parse(text: str) -> int:
    try:
        return ids.parse(text)
    except ValueError:
        return 0


def _step(event: TraceEvent) -> Step:
    return Step(
        event,
        LEVELS.get(event.event, ""),
        WORDS.get(event.event, event.event.capitalize()),
        ids.text(event.message_id),
    )


def _counted(
    function: Callable[[Iterable[int], str], int], what: str
) -> Callable[[list[int], str], str]:
    def do(numbers: list[int], by: str) -> str:
        count = function(numbers, by)
        return f"{count} {what}."

    return do


VERBS: dict[str, Callable[[list[int], str], str]] = {
    "hold": _counted(control.hold, "put on hold"),
    "release": _counted(control.release, "released"),
    "retry": _counted(lambda numbers, by: control.retry(numbers, by=by), "tried again now"),
    "return": _counted(lambda numbers, by: steering.bounce(numbers, by=by), "returned"),
    "cancel": _counted(lambda numbers, by: control.cancel(numbers, by=by), "cancelled"),
}
