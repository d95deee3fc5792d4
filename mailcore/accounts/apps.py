"""Django's registration of `mailcore.accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "mailcore.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
