"""Django's registration of `workers`; connects the doorbell."""

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    name = "workers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from mailcore.queue.signals import message_queued
        from workers import doorbell

        message_queued.connect(doorbell.on_message_queued, dispatch_uid="doorbell")
