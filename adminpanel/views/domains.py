"""Domains: which we take mail for."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from adminpanel.forms import DomainForm
from adminpanel.permissions import administrator
from adminpanel.tables import page_of
from mailcore.accounts import administration
from mailcore.accounts.models import Domain
from mailcore.errors import ConfigError


@administrator
@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """The table, and a line to add one."""
    form = DomainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = administration.add_domain(
                form.cleaned_data["name"], by=request.user.get_username()
            )
        except ConfigError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"{made.name} added.")
            return redirect("admin-domain", made.name)
    query = Domain.objects.annotate(
        account_count=Count("accounts", distinct=True), alias_count=Count("aliases", distinct=True)
    ).order_by("name")
    search = request.GET.get("q", "").strip()
    if search:
        query = query.filter(name__icontains=search)
    return render(
        request, "adminpanel/domains.html", {"table": page_of(request, query), "form": form}
    )


@administrator
def one(request: HttpRequest, name: str) -> HttpResponse:
    """A domain: its people, the way to its DNS records, its off switch."""
    domain = get_object_or_404(
        Domain.objects.annotate(
            account_count=Count("accounts", distinct=True),
            alias_count=Count("aliases", distinct=True),
        ),
        name=name,
    )
    return render(request, "adminpanel/domain.html", {"domain": domain})


@administrator
@require_POST
def switch(request: HttpRequest, name: str) -> HttpResponse:
    """On or off."""
    active = request.POST.get("active") == "yes"
    try:
        administration.set_domain(name, by=request.user.get_username(), active=active)
        messages.success(request, f"{name} is {'on' if active else 'off'}.")
    except ConfigError as error:
        messages.error(request, str(error))
    return redirect("admin-domain", name)


@administrator
@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Gone, if the name was typed and nobody lives there."""
    if request.POST.get("typed", "").strip().lower() != name:
        messages.error(request, "The name was not typed; nothing was removed.")
        return redirect("admin-domain", name)
    try:
        administration.remove_domain(name, by=request.user.get_username())
    except ConfigError as error:
        messages.error(request, str(error))
        return redirect("admin-domain", name)
    messages.success(request, f"{name} removed.")
    return redirect("admin-domains")
