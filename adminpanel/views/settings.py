"""One page per settings section, drawn from the schema; every save can be undone."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from adminpanel.forms import form_for
from adminpanel.permissions import administrator
from mailcore.accounts.models import Domain
from mailcore.accounts.undo import undo as put_back
from mailcore.conf import current, store
from mailcore.conf import values as grammar
from mailcore.conf.fields import Setting
from mailcore.conf.schema.registry import SECTIONS, SETTINGS
from mailcore.errors import ConfigError
from mailcore.smtpd.listeners import LISTENERS, extras

TITLES = {
    "general": "This server",
    "auth": "Sign-in",
    "esmtp": "Mail transfer",
    "access": "Peers",
    "hygiene": "Message hygiene",
    "extensions": "ESMTP extensions",
    "queue": "Queue and retries",
    "reports": "Delivery reports",
    "local": "Delivery instructions",
    "mailauth": "Authentication of mail",
    "mailboxes": "Mailboxes",
    "imap": "IMAP",
    "pop3": "POP3",
    "webmail": "Webmail",
}
_MOST_DOMAINS = 500  # of a selector that a person reads


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the preview."""

    label: str
    name: str
    old: str
    new: str


MOST_SHOWN = 100  # changes of one change set on the page; an import may have thousands


def sections() -> list[tuple[str, str]]:
    """Name and title of each section, for the side bar."""
    return [(name, TITLES.get(name, name.capitalize())) for name in SECTIONS]


@administrator
@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, name: str) -> HttpResponse:
    """Show, preview, save."""
    if name not in SETTINGS:
        raise Http404("no such settings section")
    schema = SETTINGS[name]
    scope = request.GET.get("scope", "")
    scopes = scopes_of()
    if scope not in dict(scopes):
        raise Http404("no such scope")
    here = reverse("admin-settings", args=[name]) + (f"?scope={quote(scope)}" if scope else "")
    present = store.values(name, scope)
    form = form_for(
        schema, data=request.POST if request.method == "POST" else None, initial=present
    )
    changes: list[Difference] = []
    if request.method == "POST" and form.is_valid():
        wanted = _wanted(form, schema, present)
        changes = _differences(schema, present, wanted)
        if not changes:
            messages.info(request, "Nothing was changed.")
            return redirect(here)
        if "apply" in request.POST and _save(request, form, name, wanted, scope):
            return redirect(here)
    return render(
        request,
        "adminpanel/settings.html",
        {
            "name": name,
            "title": TITLES.get(name, name.capitalize()),
            "about": (SECTIONS[name].__doc__ or "").strip(),
            "rows": [(form[key], one, _default(one)) for key, one in schema.items()],
            "form": form,
            "changes": changes,
            "scope": scope,
            "scopes": scopes,
        },
    )


@administrator
def history(request: HttpRequest) -> HttpResponse:
    """Who changed what, newest first."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() else None
    rows = store.history(limit=51, before=before)
    return render(
        request,
        "adminpanel/history.html",
        {
            "rows": [(row, _shown(row), len(row.changes[MOST_SHOWN:])) for row in rows[:50]],
            "more": rows[49].id if rows[50:] else None,
        },
    )


@administrator
@require_POST
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Put back what a change set changed."""
    try:
        put_back(number, by=request.user.get_username())
        messages.success(request, "Put back.")
    except ConfigError as error:
        messages.error(request, str(error))
    return redirect("admin-history")


def _wanted(
    form: forms.Form, schema: dict[str, Setting], present: dict[str, Any]
) -> dict[str, Any]:
    """An empty password field means: leave the password."""
    return {
        name: present[name]
        if one.kind == "password" and not form.cleaned_data[name]
        else form.cleaned_data[name]
        for name, one in schema.items()
    }


def _differences(
    schema: dict[str, Setting], present: dict[str, Any], wanted: dict[str, Any]
) -> list[Difference]:
    return [
        Difference(
            name.replace("_", " ").capitalize(),
            name,
            _show(one, present[name]),
            _show(one, wanted[name]),
        )
        for name, one in schema.items()
        if present[name] != wanted[name]
    ]


def scopes_of() -> list[tuple[str, str]]:
    """Whose settings can be edited: the server's, a listener's, a domain's mail's."""
    names = [*LISTENERS, *extras(current.snapshot().access.listeners)]
    domains = Domain.objects.order_by("name").values_list("name", flat=True)[:_MOST_DOMAINS]
    return [
        ("", "the whole server"),
        *((f"listener:{name}", f"listener {name}") for name in names),
        *((f"domain:{name}", f"mail of users at {name}") for name in domains),
    ]


def _save(
    request: HttpRequest, form: forms.Form, name: str, wanted: dict[str, Any], scope: str
) -> bool:
    if scope:  # what is the server's value isn't kept twice
        servers = store.values(name)
        wanted = {key: None if servers[key] == new else new for key, new in wanted.items()}
    try:
        store.save(name, wanted, by=request.user.get_username(), scope=scope)
    except ConfigError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, "Saved. In effect for new sessions within two seconds.")
    return True


def _show(one: Setting, value: Any) -> str:
    if one.kind == "password":
        return "•••" if value else "(none)"
    return grammar.show(one, value) or "(empty)"


def _default(one: Setting) -> str:
    return grammar.show(one, one.default) or "empty"


def _shown(row: store.History) -> list[Difference]:
    return [
        Difference(
            f"{change.section}.{change.name}",
            change.scope,
            _shown_value(change, change.old),
            _shown_value(change, change.new),
        )
        for change in row.changes[:MOST_SHOWN]
    ]


def _shown_value(change: store.Change, value: Any) -> str:
    if value is None:
        return "default" if change.section in SETTINGS else "none"
    found = SETTINGS.get(change.section, {}).get(change.name)
    if found is None or change.is_secret:
        return str(value)
    return grammar.show(found, tuple(value) if isinstance(value, list) else value) or "(empty)"
