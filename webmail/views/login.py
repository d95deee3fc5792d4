"""Signing in and out."""

from typing import Any

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpResponse
from django.views.decorators.cache import never_cache

from mailcore.conf.current import snapshot
from webmail.models import look_of


class SignInForm(AuthenticationForm):
    """Django's form in our words; why a login is slowed down is told, nothing else is."""

    error_messages = {
        "invalid_login": "That address and password don’t go together.",
        "inactive": "That address and password don’t go together.",
    }

    def get_invalid_login_error(self) -> Any:
        slowed = getattr(self.request, "login_failure", "")
        if slowed:
            self.error_messages = {**self.error_messages, "invalid_login": slowed}
        return super().get_invalid_login_error()


class SignIn(views.LoginView):
    """The door.  Login rotates the session key; theme and density go into the session."""

    form_class = SignInForm
    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session.set_expiry(snapshot().webmail.session_hours * 3600)
        self.request.session["look"] = look_of(form.get_user())
        return response


sign_in = never_cache(SignIn.as_view())
sign_out = views.LogoutView.as_view(http_method_names=["post", "options"])
