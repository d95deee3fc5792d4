"""The form behind the preferences page."""

import zoneinfo
from typing import Any

from django import forms

from webmail.models import Preferences


def zones() -> list[tuple[str, str]]:
    """Every zone there is, the browser's own first."""
    names = sorted(zoneinfo.available_timezones())
    return [("", "Like this browser"), *((name, name.replace("_", " ")) for name in names)]


class PreferencesForm(forms.ModelForm):
    """How this account wants its pages."""

    zone = forms.ChoiceField(
        choices=zones, required=False, label="Time zone", help_text="Times are shown in it."
    )
    keys = forms.BooleanField(
        required=False,
        label="One-letter keyboard shortcuts",
        help_text="Switch them off if they disturb speech input or a screen reader.",
    )
    signature = forms.CharField(
        required=False,
        max_length=4000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Put below what you write.",
    )

    class Meta:
        model = Preferences
        fields = ["theme", "density", "zone", "signature", "keys"]

    def clean_signature(self) -> str:
        text: Any = self.cleaned_data["signature"]
        return str(text).replace("\r\n", "\n").rstrip()


class PasswordForm(forms.Form):
    """The old one proves that it is you."""

    old = forms.CharField(
        label="Current password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label="New password",
        strip=False,
        min_length=8,
        max_length=1000,
        help_text="Eight characters at least; a few words are better than a riddle.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
