"""Addresses that users may not write to."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from adminpanel.permissions import administrator
from adminpanel.tables import page_of
from mailcore.errors import ConfigError
from mailcore.policy import suppression
from mailcore.policy.models import Suppressed


@administrator
@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """The table, in which `q` looks for addresses; POST puts one on the list."""
    if request.method == "POST":
        try:
            made = suppression.add(request.POST.get("address", ""), request.POST.get("reason", ""))
            messages.success(request, f"{made.address} is suppressed.")
        except ConfigError as error:
            messages.error(request, str(error))
        return redirect("admin-suppressed")
    query = Suppressed.objects.filter(active=True).order_by("-at")
    if search := request.GET.get("q", "").strip().lower():
        query = query.filter(address__contains=search)
    return render(request, "adminpanel/suppressed.html", {"table": page_of(request, query)})


@administrator
@require_POST
def remove(request: HttpRequest, address: str) -> HttpResponse:
    """May be written to again."""
    if suppression.remove(address):
        messages.success(request, f"{address} may be written to again.")
    return redirect("admin-suppressed")
