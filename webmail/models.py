"""What the webmail remembers about a person beside the mail itself."""

from typing import Any

from django.db import models

from mailcore.accounts.models import Account


class Preferences(models.Model):
    """How one account wants its pages."""

    THEMES = [("", "Like the system"), ("light", "Light"), ("dark", "Dark")]
    DENSITIES = [("", "Comfortable"), ("compact", "Compact")]

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="preferences")
    theme = models.CharField(max_length=10, blank=True, default="", choices=THEMES)
    density = models.CharField(max_length=10, blank=True, default="", choices=DENSITIES)
    zone = models.CharField(max_length=64, blank=True, default="")
    signature = models.TextField(max_length=4000, blank=True, default="")
    keys = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.account_id}"


class TrustedSender(models.Model):
    """A sender whose remote pictures this account loads without being asked."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="trusted_senders")
    address = models.CharField(max_length=320)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "address"], name="one_trusted_sender"),
        ]

    def __str__(self) -> str:
        return self.address


def preferences_of(account: Any) -> Preferences:
    """The account's preferences, or the defaults (not saved)."""
    found = Preferences.objects.filter(account_id=account.pk).first()
    return found or Preferences(account_id=account.pk)


def look_of(account: Any) -> dict[str, Any]:
    """The part of the preferences that every page needs; kept in the session."""
    row = preferences_of(account)
    return {"theme": row.theme, "density": row.density, "zone": row.zone, "keys": row.keys}
