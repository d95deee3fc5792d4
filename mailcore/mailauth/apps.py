"""Django's registration of `mailcore.mailauth`."""

from django.apps import AppConfig


class MailauthConfig(AppConfig):
    name = "mailcore.mailauth"
    label = "mailauth"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keys are read with the settings, so that nobody waits for them who signs."""
        from mailcore.conf import current
        from mailcore.mailauth import keyring

        current.on_change(keyring.load)
