"""The tables of TLS policies and reports."""

from django.apps import AppConfig


class TlspolicyConfig(AppConfig):
    """Django's handle on this package."""

    name = "mailcore.tlspolicy"
    label = "tlspolicy"
    verbose_name = "TLS policies"
