"""Addresses that lead elsewhere."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from adminpanel.forms import AliasForm
from adminpanel.permissions import administrator
from adminpanel.tables import page_of
from mailcore.accounts import administration
from mailcore.accounts.models import Alias
from mailcore.errors import ConfigError


@administrator
def listing(request: HttpRequest) -> HttpResponse:
    """The table; `q` looks in address and targets."""
    query = Alias.objects.order_by("address")
    if search := request.GET.get("q", "").strip():
        query = query.filter(Q(address__icontains=search) | Q(targets__icontains=search))
    return render(request, "adminpanel/aliases.html", {"table": page_of(request, query)})


@administrator
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, address: str = "") -> HttpResponse:
    """A new alias, or the targets of one there is."""
    start = {}
    if address:
        row = get_object_or_404(Alias, address=address)
        start = {"address": row.address, "targets": "\n".join(row.targets)}
    form = AliasForm(request.POST or None, initial=start)
    if address:
        form.fields["address"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            made = administration.set_alias(
                form.cleaned_data["address"],
                form.cleaned_data["targets"],
                by=request.user.get_username(),
                must_be_new=not address,
            )
        except ConfigError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{made.address} saved.")
            return redirect("admin-aliases")
    return render(request, "adminpanel/alias.html", {"form": form, "address": address})


@administrator
@require_POST
def remove(request: HttpRequest, address: str) -> HttpResponse:
    """Gone."""
    try:
        administration.remove_alias(address, by=request.user.get_username())
        messages.success(request, f"{address} removed.")
    except ConfigError as error:
        messages.error(request, str(error))
    return redirect("admin-aliases")
