"""The Django app that carries the commands and system checks; it has no tables."""

from django.apps import AppConfig

from mailcore import log


class MailcoreConfig(AppConfig):
    name = "mailcore"
    label = "mailcore"

    def ready(self) -> None:
        """Every process logs alike, whoever started it."""
        from mailcore.conf.deployment import deployment

        here = deployment()
        log.setup(json=here.log_json, level=here.log_level)
