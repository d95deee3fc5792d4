"""Preferences, and the password."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from mailcore.accounts import administration
from mailcore.auth.login import verify
from mailcore.errors import ConfigError, TemporaryFailure
from webmail.forms.preferences import PasswordForm, PreferencesForm
from webmail.models import look_of, preferences_of


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Two forms on one page; the button says which was meant."""
    which = request.POST.get("form", "")
    given = request.POST if request.method == "POST" else None
    form = PreferencesForm(
        given if which == "look" else None, instance=preferences_of(request.user)
    )
    password = PasswordForm(given if which == "password" else None)
    if which == "look" and form.is_valid():
        form.save()
        request.session["look"] = look_of(request.user)
        messages.success(request, "Preferences saved.")
        return redirect("preferences")
    if which == "password" and password.is_valid() and _changed(request, password):
        messages.success(request, "Password changed. Other devices will ask for the new one.")
        return redirect("preferences")
    return render(request, "webmail/preferences.html", {"form": form, "password": password})


def _changed(request: HttpRequest, form: PasswordForm) -> bool:
    address = request.user.get_username()
    peer = request.META.get("REMOTE_ADDR", "")
    try:
        if verify(address, form.cleaned_data["old"], service="web", peer=peer) is None:
            form.add_error("old", "That is not your current password.")
            return False
        administration.set_password(address, form.cleaned_data["new"], by=address)
    except (ConfigError, TemporaryFailure) as error:
        form.add_error("new", str(error))
        return False
    request.user.refresh_from_db()  # type: ignore[union-attr]  # signed in, so an Account
    update_session_auth_hash(request, request.user)  # type: ignore[arg-type]  # likewise
    return True
