"""The web logs in through the same door as mail."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from mailcore.accounts.models import Account
from mailcore.auth import login
from mailcore.errors import TemporaryFailure


class MailBackend(BaseBackend):
    """Django's authentication over `auth.login.verify`, throttling included."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> Account | None:
        if not username or not password:
            return None
        peer = request.META.get("REMOTE_ADDR", "") if request is not None else ""
        try:
            identity = login.verify(username, password, service="web", peer=peer)
        except TemporaryFailure as failure:
            if request is not None:
                request.login_failure = failure.text  # type: ignore[attr-defined]  # for the form
            return None
        if identity is None:
            return None
        return Account.objects.filter(pk=identity.account_id).first()

    def get_user(self, user_id: int) -> Account | None:
        account = Account.objects.filter(pk=user_id).select_related("domain").first()
        usable = account is not None and account.active and account.domain.active
        return account if usable else None
