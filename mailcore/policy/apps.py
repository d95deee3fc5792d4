"""Django's registration of `mailcore.policy`."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "mailcore.policy"
    label = "policy"
    default_auto_field = "django.db.models.BigAutoField"
