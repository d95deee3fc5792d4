"""Accounts that may send nothing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from adminpanel.permissions import administrator
from adminpanel.tables import page_of
from mailcore.policy import rates
from mailcore.policy.models import Freeze


@administrator
def listing(request: HttpRequest) -> HttpResponse:
    """The table, in which `q` looks for accounts."""
    query = Freeze.objects.order_by("-at")
    if search := request.GET.get("q", "").strip().lower():
        query = query.filter(account__contains=search)
    return render(request, "adminpanel/frozen.html", {"table": page_of(request, query)})


@administrator
@require_POST
def thaw(request: HttpRequest, address: str) -> HttpResponse:
    """May send again."""
    if rates.thaw(address):
        messages.success(request, f"{address} may send again.")
    return redirect("admin-frozen")
