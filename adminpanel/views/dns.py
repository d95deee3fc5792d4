"""A domain in the eyes of others: DNS records, the keys that sign for it, its MTA-STS policy."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from adminpanel.forms import StsForm
from adminpanel.permissions import administrator
from mailcore.accounts.models import Domain
from mailcore.conf import store
from mailcore.conf.current import snapshot
from mailcore.dns.resolver import Resolver
from mailcore.errors import ConfigError, TemporaryFailure
from mailcore.mailauth import keys, published, sts
from mailcore.mailauth.published import Found, Seen

_LONGEST_WAIT = 6.0  # seconds; somebody looks at an empty page meanwhile
SHOWN = {
    Seen.PRESENT: ("good", "Published"),
    Seen.DIFFERENT: ("warn", "Different"),
    Seen.MISSING: ("bad", "Missing"),
    Seen.UNKNOWN: ("", "No answer"),
}


@administrator
def records(request: HttpRequest, name: str) -> HttpResponse:
    """What to publish; with `?check=1` also what DNS has of it now."""
    domain = get_object_or_404(Domain, name=name)
    wanted = published.records(domain.name)
    checked = request.GET.get("check") == "1"
    found = published.check(wanted, _resolver()) if checked else []
    rows = [_row(one) for one in found] if checked else [(one, "", "", ()) for one in wanted]
    rules = snapshot().scoped(f"domain:{domain.name}").mailauth
    initial = {"mode": rules.sts_mode, "mx": "\n".join(rules.sts_mx), "max_age": rules.sts_max_age}
    return render(
        request,
        "adminpanel/dns.html",
        {
            "domain": domain,
            "rows": rows,
            "checked": checked,
            "open": sum(1 for one in found if _is_open(one)),
            "keys": keys.listing(domain.name),
            "form": StsForm(initial=initial),
            "policy": sts.policy(domain.name),
        },
    )


@administrator
@require_POST
def change_keys(request: HttpRequest, name: str) -> HttpResponse:
    """Make, use, retire or remove a key."""
    domain = get_object_or_404(Domain, name=name)
    verb = VERBS.get(request.POST.get("do", ""))
    if verb is not None:
        try:
            text = verb(domain.name, request.POST.get("selector", ""), request.user.get_username())
            messages.success(request, text)
        except ConfigError as error:
            messages.error(request, str(error))
    return redirect("admin-domain-dns", domain.name)


@administrator
@require_POST
def change_policy(request: HttpRequest, name: str) -> HttpResponse:
    """Save the domain's MTA-STS policy; the history can undo it."""
    domain = get_object_or_404(Domain, name=name)
    form = StsForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, " ".join(str(text) for each in form.errors.values() for text in each)
        )
        return redirect("admin-domain-dns", domain.name)
    values = {
        "sts_mode": form.cleaned_data["mode"],
        "sts_mx": tuple(form.cleaned_data["mx"].split()),
        "sts_max_age": form.cleaned_data["max_age"],
    }
    try:
        store.save(
            "mailauth", values, by=request.user.get_username(), scope=f"domain:{domain.name}"
        )
        messages.success(request, "Saved. Publish the new id, if the policy is another now.")
    except ConfigError as error:
        messages.error(request, str(error))
    return redirect("admin-domain-dns", domain.name)


def _row(found: Found) -> tuple[published.Record, str, str, tuple[str, ...]]:
    level, words = SHOWN[found.seen]
    if found.record.optional and found.seen is Seen.MISSING:
        level, words = "", "Not there (optional)"
    return found.record, level, words, found.others


def _is_open(found: Found) -> bool:
    return found.seen in (Seen.MISSING, Seen.DIFFERENT) and not found.record.optional


def _resolver() -> Resolver:
    """One that remembers nothing: who has just published looks for it at once."""
    return Resolver(snapshot().queue.resolvers, _LONGEST_WAIT)


def _make(domain: str, _: str, by: str) -> str:
    wanted = [kind for kind in snapshot().mailauth.dkim_algorithms if kind in keys.KINDS]
    waiting = {each.algorithm for each in keys.listing(domain) if each.state == "new"}
    made = [keys.add(domain, kind, by=by) for kind in wanted if kind not in waiting]
    if not made:
        raise ConfigError("there are new keys already: publish their records")
    return f"{len(made)} made. They sign once their records have been seen in DNS."


def _use(domain: str, selector: str, by: str) -> str:
    try:
        there = keys.check(domain, selector, _resolver())
    except TemporaryFailure:
        raise ConfigError("DNS does not answer just now") from None
    if not there:
        raise ConfigError("DNS has no record of this key yet")
    keys.activate(domain, selector, by=by)
    return f"{selector} signs from now on."


def _use_unseen(domain: str, selector: str, by: str) -> str:
    keys.activate(domain, selector, by=by)
    return f"{selector} signs from now on, though DNS was not asked."


def _retire(domain: str, selector: str, by: str) -> str:
    keys.retire(domain, selector, by=by)
    return f"{selector} signs no more."


def _remove(domain: str, selector: str, by: str) -> str:
    keys.remove(domain, selector, by=by)
    return f"{selector} is gone. Its record may go, too."


VERBS: dict[str, Callable[[str, str, str], str]] = {
    "make": _make,
    "use": _use,
    "use-unseen": _use_unseen,
    "retire": _retire,
    "remove": _remove,
}
