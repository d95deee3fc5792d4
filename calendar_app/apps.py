"""Django's registration of `calendar_app`."""

from django.apps import AppConfig


class CalendarConfig(AppConfig):
    name = "calendar_app"
    default_auto_field = "django.db.models.BigAutoField"
