"""Django's registration of `mailcore.conf`."""

from django.apps import AppConfig


class ConfConfig(AppConfig):
    name = "mailcore.conf"
    label = "conf"
    default_auto_field = "django.db.models.BigAutoField"
