"""People: accounts and their limits."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from adminpanel.forms import AccountForm, NewAccountForm, PasswordForm
from adminpanel.permissions import administrator
from adminpanel.tables import page_of
from mailcore.accounts import administration
from mailcore.accounts.models import Account, Alias, Domain
from mailcore.errors import ConfigError


@administrator
def listing(request: HttpRequest) -> HttpResponse:
    """The table; `q` looks in address and name."""
    query = Account.objects.select_related("domain").order_by("address")
    if search := request.GET.get("q", "").strip():
        query = query.filter(Q(address__icontains=search) | Q(display_name__icontains=search))
    domain = request.GET.get("domain", "")
    if domain:
        query = query.filter(domain__name=domain)
    if request.GET.get("state") == "off":
        query = query.filter(active=False)
    names = Domain.objects.values_list("name", flat=True)[:500]
    return render(
        request,
        "adminpanel/accounts.html",
        {"table": page_of(request, query), "domains": names, "domain": domain},
    )


@administrator
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new account."""
    domain = request.GET.get("domain", "")
    start = {"address": f"@{domain}"} if domain else None
    form = NewAccountForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            made = administration.add_account(
                given.pop("address"),
                given.pop("password"),
                by=request.user.get_username(),
                **given,
            )
        except ConfigError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{made.address} added.")
            return redirect("admin-account", made.address)
    return render(request, "adminpanel/account_add.html", {"form": form})


@administrator
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, address: str) -> HttpResponse:
    """One account: limits, password, switch, removal."""
    account = get_object_or_404(Account.objects.select_related("domain"), address=address)
    which = request.POST.get("form", "")
    data = AccountForm(request.POST if which == "data" else None, initial=_initial(account))
    password = PasswordForm(request.POST if which == "password" else None)
    by = request.user.get_username()
    if which == "data" and data.is_valid():
        if account.pk == request.user.pk and not data.cleaned_data["superuser"]:
            data.add_error("superuser", "You cannot take this right from yourself.")
        elif _did(data, lambda: administration.set_account(address, by=by, **data.cleaned_data)):
            messages.success(request, f"{address} saved.")
            return redirect("admin-account", address)
    if which == "password" and password.is_valid():
        new = password.cleaned_data["password"]
        if _did(password, lambda: administration.set_password(address, new, by=by)):
            messages.success(request, f"{address} has a new password.")
            return redirect("admin-account", address)
    aliases = [
        alias
        for alias in Alias.objects.filter(targets__icontains=address)[:100]
        if address in alias.targets
    ]
    return render(
        request,
        "adminpanel/account.html",
        {"account": account, "form": data, "password": password, "aliases": aliases},
    )


@administrator
@require_POST
def switch(request: HttpRequest, address: str) -> HttpResponse:
    """On or off; nobody locks himself out."""
    active = request.POST.get("active") == "yes"
    if address == request.user.get_username():
        messages.error(request, "You cannot switch yourself off.")
        return redirect("admin-account", address)
    try:
        administration.set_account(address, by=request.user.get_username(), active=active)
        messages.success(request, f"{address} is {'on' if active else 'off'}.")
    except ConfigError as error:
        messages.error(request, str(error))
    return redirect("admin-account", address)


@administrator
@require_POST
def remove(request: HttpRequest, address: str) -> HttpResponse:
    """Gone, if the address was typed; the mail stays on disk."""
    if address == request.user.get_username():
        messages.error(request, "You cannot remove yourself.")
        return redirect("admin-account", address)
    if request.POST.get("typed", "").strip().lower() != address:
        messages.error(request, "The address was not typed; nothing was removed.")
        return redirect("admin-account", address)
    try:
        administration.remove_account(address, by=request.user.get_username())
    except ConfigError as error:
        messages.error(request, str(error))
        return redirect("admin-account", address)
    messages.success(request, f"{address} removed. Its mail is still on disk.")
    return redirect("admin-accounts")


def _initial(account: Account) -> dict[str, Any]:
    return {
        "display_name": account.display_name,
        "quota_bytes": account.quota_bytes,
        "quota_messages": account.quota_messages,
        "superuser": account.is_superuser,
    }


def _did(form: Any, action: Any) -> bool:
    try:
        action()
    except ConfigError as error:
        form.add_error(None, str(error))
        return False
    return True
