"""Listeners with addresses, names and certificates of their own."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from adminpanel.forms import ListenerForm
from adminpanel.permissions import administrator
from mailcore.conf import store
from mailcore.errors import ConfigError
from mailcore.smtpd import listeners


@administrator
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Those there are, and a form for one more."""
    form = ListenerForm(request.POST or None)
    lines = _lines()
    if request.method == "POST" and form.is_valid():
        wanted = (*lines, form.line())
        try:
            listeners.check(wanted)
            _save(request, wanted)
        except ConfigError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                "Saved. Addresses without a port are served at once, others after SIGHUP or the"
                " next start.",
            )
            return redirect("admin-listeners")
    return render(
        request,
        "adminpanel/listeners.html",
        {
            "standard": listeners.LISTENERS.values(),
            "extras": [(extra, _places(extra)) for extra in listeners.extras(lines).values()],
            "form": form,
        },
    )


@administrator
@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Gone; its settings stay, for when it comes back."""
    lines = _lines()
    kept = tuple(line for line in lines if line.split()[:1] != [name])
    if len(kept) == len(lines):
        messages.error(request, f"There is no listener {name}.")
    else:
        _save(request, kept)
        messages.success(request, f"{name} removed.")
    return redirect("admin-listeners")


def _lines() -> tuple[str, ...]:
    return tuple(store.values("access")["listeners"])


def _save(request: HttpRequest, lines: tuple[str, ...]) -> None:
    store.save("access", {"listeners": lines}, by=request.user.get_username())


def _places(extra: listeners.Extra) -> list[str]:
    return [
        f"{place.address} port {place.port}" if place.port else place.address
        for place in extra.places
    ]
